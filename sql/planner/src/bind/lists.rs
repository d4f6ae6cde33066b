//! `x IN (a, b, …)`, also with very many items.

use functions::common_type;
use functions::type_catalog::array_type;
use syntax::ast;
use types::{SqlResult, oid, sqlstate};

use super::expressions::location_of;
use super::{Binder, error};
use crate::expression::Expr;
use crate::walk::{is_constant, type_of};

impl Binder<'_> {
    pub fn in_list(&mut self, list: &ast::InListExpr) -> SqlResult<Expr> {
        let operand = self.expr(&list.expr)?;
        let mut items = Vec::with_capacity(list.list.len());
        for item in &list.list {
            items.push(self.expr(item)?);
        }
        let location = list.location;
        if items.len() == 1
            && let Some(item) = items.pop()
        {
            let name = if list.negated { "<>" } else { "=" };
            return self.operator(name, Some(operand), item, location);
        }
        let rows = matches!(operand, Expr::Row { .. })
            || items.iter().any(|item| matches!(item, Expr::Row { .. }));
        if !rows {
            let mut members = vec![type_of(&operand).oid];
            members.extend(items.iter().map(|item| type_of(item).oid));
            // The column's own type decides if all literals are of unknown type: the common case, without the long way.
            if let Ok(common) = common_type(self.catalog.types(), &members, "IN")
                && array_type(self.catalog.types(), common) != 0
                && common != oid::RECORD
            {
                return self.flat_list(operand, items, common, list);
            }
        }
        let mut tests = Vec::with_capacity(items.len());
        let name = if list.negated { "<>" } else { "=" };
        for item in items {
            tests.push(self.operator(name, Some(operand.clone()), item, location)?);
        }
        Ok(if list.negated { Expr::And(tests) } else { Expr::Or(tests) })
    }

    fn flat_list(
        &mut self,
        operand: Expr,
        items: Vec<Expr>,
        common: types::Oid,
        list: &ast::InListExpr,
    ) -> SqlResult<Expr> {
        let compared: Vec<&Expr> = std::iter::once(&operand).chain(&items).collect();
        self.refuse_ordering("=", &compared, list.location)?;
        let sample = Expr::Constant { value: types::Datum::Null, ty: types::SqlType::new(common) };
        let (operand, sample, equal) = self.equality(operand, sample, list.location)?;
        let wanted = type_of(&sample).oid;
        if type_of(&operand).oid != wanted {
            // A cross-type equality: the list has the operand's own type only if both agree.
            let operand = self.coerce(operand, wanted, list.location)?;
            return self.finish_list(operand, items, wanted, list);
        }
        let mut values = Vec::with_capacity(items.len());
        for (item, syntax) in items.into_iter().zip(&list.list) {
            values.push(self.coerce(item, wanted, location_of(syntax))?);
        }
        Ok(Expr::InList {
            operand: Box::new(operand),
            list: values.into(),
            equal,
            negated: list.negated,
        })
    }

    fn finish_list(
        &mut self,
        operand: Expr,
        items: Vec<Expr>,
        wanted: types::Oid,
        list: &ast::InListExpr,
    ) -> SqlResult<Expr> {
        let sample = Expr::Constant { value: types::Datum::Null, ty: types::SqlType::new(wanted) };
        let (operand, _, equal) = self.equality(operand, sample, list.location)?;
        let mut values = Vec::with_capacity(items.len());
        for (item, syntax) in items.into_iter().zip(&list.list) {
            values.push(self.coerce(item, wanted, location_of(syntax))?);
        }
        if values.is_empty() && is_constant(&operand) {
            return Err(error(sqlstate::SYNTAX_ERROR, "an empty list", list.location));
        }
        Ok(Expr::InList {
            operand: Box::new(operand),
            list: values.into(),
            equal,
            negated: list.negated,
        })
    }
}
