//! What the kernel knows of its clock's error, from whoever keeps the time (chrony, ntpd, systemd-timesyncd).

use std::io;
use std::time::Duration;

/// How far the system's clock may be from true time; `None` if nothing keeps it.
///
/// Linux's `maxerror`: the distance to the source of time when it was last heard of, growing by 500 µs a second since.
pub fn kernel_clock_error() -> io::Result<Option<Duration>> {
    let (state, status, max_error) = read()?;
    Ok(judge(state, status, max_error))
}

fn judge(state: i32, status: i32, max_error_micros: i64) -> Option<Duration> {
    if state == libc::TIME_ERROR || status & libc::STA_UNSYNC != 0 {
        return None;
    }
    u64::try_from(max_error_micros).ok().map(Duration::from_micros)
}

#[expect(unsafe_code, reason = "no maintained crate wraps adjtimex; reading is its simplest use")]
fn read() -> io::Result<(i32, i32, i64)> {
    // SAFETY: the structure holds integers only, for which zero is a value; `modes` zero asks to change nothing.
    let mut times: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a structure of the right type that lives during the call.
    let state = unsafe { libc::adjtimex(&raw mut times) };
    if state < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((state, times.status, times.maxerror))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_answers() {
        assert!(kernel_clock_error().is_ok());
    }

    #[test]
    fn an_error_counts_only_while_something_keeps_the_time() {
        assert_eq!(judge(libc::TIME_OK, libc::STA_PLL, 1_500), Some(Duration::from_micros(1_500)));
        assert_eq!(judge(libc::TIME_ERROR, libc::STA_PLL, 1_500), None);
        assert_eq!(judge(libc::TIME_OK, libc::STA_PLL | libc::STA_UNSYNC, 1_500), None);
        assert_eq!(judge(libc::TIME_OK, 0, -1), None);
    }
}
