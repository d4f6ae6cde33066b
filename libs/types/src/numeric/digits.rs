//! Numbers as groups of four decimal digits: the arithmetic that has no size limit.

use std::cmp::Ordering;

use smallvec::SmallVec;

pub(crate) const GROUP_BASE: u32 = 10_000;
pub(crate) const GROUP_DIGITS: i32 = 4;
const POWERS: [u16; 4] = [1_000, 100, 10, 1];

/// Groups, the most significant first. Small numbers stay on the stack.
pub type GroupVec = SmallVec<[u16; 16]>;

/// `±Σ groups[i] · 10000^(weight − i)`, shown with `scale` digits after the point.
#[derive(Clone, Debug)]
pub(crate) struct Digits {
    pub negative: bool,
    pub weight: i32,
    pub scale: u16,
    pub groups: GroupVec,
}

impl Digits {
    pub fn zero(scale: i32) -> Digits {
        Digits {
            negative: false,
            weight: 0,
            scale: scale.clamp(0, i32::from(u16::MAX)) as u16,
            groups: GroupVec::new(),
        }
    }

    pub fn from_mantissa(mantissa: i128, scale: u16) -> Digits {
        let mut rest = mantissa.unsigned_abs();
        // The first group may be cut at the scale: its lower digits are filled with zeros.
        let padding = (GROUP_DIGITS - i32::from(scale) % GROUP_DIGITS) % GROUP_DIGITS;
        let mut groups = GroupVec::new();
        let kept = 10_u128.pow((GROUP_DIGITS - padding) as u32);
        groups.push(((rest % kept) * 10_u128.pow(padding as u32)) as u16);
        rest /= kept;
        while rest > 0 {
            groups.push((rest % u128::from(GROUP_BASE)) as u16);
            rest /= u128::from(GROUP_BASE);
        }
        groups.reverse();
        let fraction_groups = (i32::from(scale) + GROUP_DIGITS - 1) / GROUP_DIGITS;
        let weight = groups.len() as i32 - 1 - fraction_groups;
        let mut digits = Digits { negative: mantissa < 0, weight, scale, groups };
        digits.strip();
        digits
    }

    /// The value times `10^scale`, if it is an integer below `limit`.
    pub fn to_mantissa(&self, limit: i128) -> Option<i128> {
        if self.is_zero() {
            return Some(0);
        }
        if self.leading_exponent() + i32::from(self.scale) > 36 {
            return None;
        }
        let mut mantissa: i128 = 0;
        for &group in &self.groups {
            mantissa = mantissa.checked_mul(i128::from(GROUP_BASE))?.checked_add(group.into())?;
        }
        // The exponent of the last digit of the last group, against that of the last digit shown.
        let shift = self.lowest_exponent() * GROUP_DIGITS + i32::from(self.scale);
        let power = 10_i128.checked_pow(shift.unsigned_abs())?;
        mantissa = if shift >= 0 { mantissa.checked_mul(power)? } else { mantissa / power };
        (mantissa < limit).then_some(if self.negative { -mantissa } else { mantissa })
    }

    pub fn is_zero(&self) -> bool {
        self.groups.iter().all(|&group| group == 0)
    }

    /// Removes zero groups at both ends; zero gets weight 0 and no sign.
    pub fn strip(&mut self) {
        while self.groups.last() == Some(&0) {
            self.groups.pop();
        }
        let leading = self.groups.iter().take_while(|&&group| group == 0).count();
        if leading > 0 {
            self.groups.drain(..leading);
            self.weight -= leading as i32;
        }
        if self.groups.is_empty() {
            self.weight = 0;
            self.negative = false;
        }
    }

    /// The group exponent of the last group.
    fn lowest_exponent(&self) -> i32 {
        self.weight - self.groups.len() as i32 + 1
    }

    /// The group at an exponent, zero outside of what is stored.
    pub fn group_at(&self, exponent: i32) -> u16 {
        let index = self.weight - exponent;
        usize::try_from(index).ok().and_then(|index| self.groups.get(index)).copied().unwrap_or(0)
    }

    /// The power of ten of the first digit; the number must be stripped.
    pub fn leading_exponent(&self) -> i32 {
        let first = self.groups.first().copied().unwrap_or(1).max(1);
        self.weight * GROUP_DIGITS + first.ilog10() as i32
    }

    /// The fewest digits after the point that show the value.
    pub fn least_scale(&self) -> i32 {
        let Some(&last) = self.groups.last() else {
            return 0;
        };
        let zeros = POWERS.iter().rev().skip(1).take_while(|&&power| last % (power) == 0).count();
        (-self.lowest_exponent() * GROUP_DIGITS - zeros as i32).max(0)
    }

    pub fn compare(&self, other: &Digits) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => Ordering::Equal,
            (true, false) if other.negative => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, true) if self.negative => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => match (self.negative, other.negative) {
                (false, true) => Ordering::Greater,
                (true, false) => Ordering::Less,
                (false, false) => self.compare_magnitude(other),
                (true, true) => other.compare_magnitude(self),
            },
        }
    }

    fn compare_magnitude(&self, other: &Digits) -> Ordering {
        let top = self.weight.max(other.weight);
        let bottom = self.lowest_exponent().min(other.lowest_exponent());
        if self.weight != other.weight
            && self.groups.first().is_some_and(|&group| group > 0)
            && other.groups.first().is_some_and(|&group| group > 0)
        {
            return self.weight.cmp(&other.weight);
        }
        (bottom..=top)
            .rev()
            .map(|exponent| self.group_at(exponent).cmp(&other.group_at(exponent)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    pub fn negate(mut self) -> Digits {
        self.negative = !self.negative;
        self
    }

    pub fn add(&self, other: &Digits) -> Digits {
        let scale = self.scale.max(other.scale);
        let mut result = if self.is_zero() {
            other.clone()
        } else if other.is_zero() {
            self.clone()
        } else if self.negative == other.negative {
            self.add_magnitude(other)
        } else {
            match self.compare_magnitude(other) {
                Ordering::Equal => Digits::zero(0),
                Ordering::Greater => self.sub_magnitude(other),
                Ordering::Less => other.sub_magnitude(self),
            }
        };
        result.scale = scale;
        result.strip();
        result
    }

    pub fn sub(&self, other: &Digits) -> Digits {
        self.add(&other.clone().negate())
    }

    fn add_magnitude(&self, other: &Digits) -> Digits {
        let top = self.weight.max(other.weight) + 1;
        let bottom = self.lowest_exponent().min(other.lowest_exponent());
        let mut groups = GroupVec::from_elem(0, (top - bottom + 1) as usize);
        let mut carry = 0;
        for exponent in bottom..=top {
            let sum = self.group_at(exponent) + other.group_at(exponent) + carry;
            carry = u16::from(sum >= GROUP_BASE as u16);
            groups[(top - exponent) as usize] = sum - carry * GROUP_BASE as u16;
        }
        Digits { negative: self.negative, weight: top, scale: 0, groups }
    }

    /// The difference of magnitudes, of which `self`'s is the larger.
    fn sub_magnitude(&self, other: &Digits) -> Digits {
        let top = self.weight;
        let bottom = self.lowest_exponent().min(other.lowest_exponent());
        let mut groups = GroupVec::from_elem(0, (top - bottom + 1) as usize);
        let mut borrow = 0;
        for exponent in bottom..=top {
            let left = i32::from(self.group_at(exponent));
            let right = i32::from(other.group_at(exponent)) + borrow;
            borrow = i32::from(left < right);
            groups[(top - exponent) as usize] = (left - right + borrow * GROUP_BASE as i32) as u16;
        }
        Digits { negative: self.negative, weight: top, scale: 0, groups }
    }

    /// The product, rounded to `scale`.
    pub fn mul(&self, other: &Digits, scale: i32) -> Digits {
        if self.is_zero() || other.is_zero() {
            return Digits::zero(scale);
        }
        let mut sums = vec![0u64; self.groups.len() + other.groups.len()];
        for (left_index, &left) in self.groups.iter().enumerate() {
            let left = u64::from(left);
            for (right_index, &right) in other.groups.iter().enumerate() {
                // At most 2^31 products below 10^8 each: no overflow of 64 bits.
                sums[left_index + right_index + 1] += left * u64::from(right);
            }
        }
        let mut groups = GroupVec::from_elem(0, sums.len());
        let mut carry = 0;
        for index in (0..sums.len()).rev() {
            let sum = sums[index] + carry;
            groups[index] = (sum % u64::from(GROUP_BASE)) as u16;
            carry = sum / u64::from(GROUP_BASE);
        }
        let mut product = Digits {
            negative: self.negative != other.negative,
            weight: self.weight + other.weight + 1,
            scale: self.scale.saturating_add(other.scale),
            groups,
        };
        product.round(scale);
        product
    }

    pub fn div_round(&self, other: &Digits, scale: i32) -> Digits {
        let mut quotient = self.quotient(other, scale);
        quotient.round(scale);
        quotient
    }

    pub fn div_cut(&self, other: &Digits, scale: i32) -> Digits {
        let mut quotient = self.quotient(other, scale);
        quotient.cut(scale);
        quotient
    }

    /// The quotient cut off at least one group after `scale`. `other` is not zero.
    fn quotient(&self, other: &Digits, scale: i32) -> Digits {
        if self.is_zero() {
            return Digits::zero(scale);
        }
        let (mut dividend, mut divisor) = (self.clone(), other.clone());
        dividend.strip();
        divisor.strip();
        let fraction_groups = scale.max(0) / GROUP_DIGITS + 2;
        let offset = dividend.lowest_exponent() - divisor.lowest_exponent();
        let appended = (offset + fraction_groups).max(0);
        dividend.groups.resize(dividend.groups.len() + appended as usize, 0);
        let groups = divide_groups(&dividend.groups, &divisor.groups);
        let weight = offset - appended + groups.len() as i32 - 1;
        let mut quotient =
            Digits { negative: self.negative != other.negative, weight, scale: 0, groups };
        quotient.strip();
        quotient
    }

    /// Rounds half away from zero to `scale` digits after (negative: before) the point.
    pub fn round(&mut self, scale: i32) {
        self.limit(scale, true);
    }

    /// Cuts off what is after `scale` digits.
    pub fn cut(&mut self, scale: i32) {
        self.limit(scale, false);
    }

    fn limit(&mut self, scale: i32, round: bool) {
        self.scale = scale.clamp(0, i32::from(u16::MAX)) as u16;
        // How many decimal digits from the start of the first group stay.
        let kept = i64::from(self.weight + 1) * i64::from(GROUP_DIGITS) + i64::from(scale);
        if kept < 0 || self.groups.is_empty() {
            *self = Digits::zero(scale);
            return;
        }
        let (whole, part) = ((kept / 4) as usize, (kept % 4) as usize);
        if whole >= self.groups.len() {
            self.strip();
            return;
        }
        let group = self.groups[whole];
        // The value of the last kept digit within its group; a whole group is the next group's base.
        let unit = if part == 0 { GROUP_BASE } else { u32::from(POWERS[part - 1]) };
        let rest = u32::from(group) % unit;
        let up = round && rest >= unit / 2;
        self.groups.truncate(whole + 1);
        self.groups[whole] = (u32::from(group) - rest) as u16;
        if up {
            let mut carry = unit;
            let mut index = whole;
            loop {
                let sum = u32::from(self.groups[index]) + carry;
                self.groups[index] = (sum % GROUP_BASE) as u16;
                carry = sum / GROUP_BASE;
                if carry == 0 {
                    break;
                }
                if index == 0 {
                    self.groups.insert(0, carry as u16);
                    self.weight += 1;
                    break;
                }
                index -= 1;
            }
        }
        self.strip();
    }
}

/// Long division of integers in groups (Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D).
fn divide_groups(dividend: &[u16], divisor: &[u16]) -> GroupVec {
    let base = u64::from(GROUP_BASE);
    if divisor.len() == 1 {
        let by = u32::from(divisor[0]);
        let mut rest = 0;
        return dividend
            .iter()
            .map(|&group| {
                let current = rest * GROUP_BASE + u32::from(group);
                rest = current % by;
                (current / by) as u16
            })
            .collect();
    }
    if dividend.len() < divisor.len() {
        return GroupVec::from_elem(0, 1);
    }
    let factor = base / (u64::from(divisor[0]) + 1);
    let scaled = |groups: &[u16]| -> Vec<u64> {
        let mut result = vec![0; groups.len() + 1];
        let mut carry = 0;
        for (index, &group) in groups.iter().enumerate().rev() {
            let product = u64::from(group) * factor + carry;
            result[index + 1] = product % base;
            carry = product / base;
        }
        result[0] = carry;
        result
    };
    let mut rest = scaled(dividend);
    let divisor = &scaled(divisor)[1..];
    let length = divisor.len();
    let mut quotient = GroupVec::from_elem(0, dividend.len() - length + 1);
    for position in 0..quotient.len() {
        let top = rest[position] * base + rest[position + 1];
        let mut guess = top / divisor[0];
        let mut left = top % divisor[0];
        while guess >= base || guess * divisor[1] > left * base + rest[position + 2] {
            guess -= 1;
            left += divisor[0];
            if left >= base {
                break;
            }
        }
        if guess == 0 {
            continue;
        }
        let mut borrow = 0i64;
        for index in (0..length).rev() {
            let value =
                rest[position + index + 1] as i64 - (guess * divisor[index]) as i64 - borrow;
            let digit = value.rem_euclid(base as i64);
            borrow = (digit - value) / base as i64;
            rest[position + index + 1] = digit as u64;
        }
        let value = rest[position] as i64 - borrow;
        if value < 0 {
            // The guess was one too high: add the divisor back.
            guess -= 1;
            let mut carry = 0;
            for index in (0..length).rev() {
                let sum = rest[position + index + 1] + divisor[index] + carry;
                rest[position + index + 1] = sum % base;
                carry = sum / base;
            }
        }
        rest[position] = 0;
        quotient[position] = guess as u16;
    }
    quotient
}
