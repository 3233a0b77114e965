//! Pages of lists as queries: the one translation of filters, keysets and orders to SQL with bound parameters.

use rapport_listing::{Comparison, Direction, Expression, Operator, Page, Value};
use sea_orm::QueryFilter as _;
use sea_orm::{
    Condition, Order, QueryOrder as _, QuerySelect as _, Select,
    entity::prelude::EntityTrait,
    sea_query::{Alias, Expr, ExprTrait as _, Func, LikeExpr, SimpleExpr},
};

/// Narrows a query to one page: its condition, its order, and one row more than the page has, which tells whether
/// another follows.
pub fn paged<E: EntityTrait>(query: Select<E>, page: &Page) -> Select<E> {
    paged_where(query, page, page.condition())
}

/// The same with another condition than the page's own: for columns that have something else than what filters say.
pub fn paged_where<E: EntityTrait>(query: Select<E>, page: &Page, selected: Option<Expression>) -> Select<E> {
    let mut query = match selected {
        Some(expression) => query.filter(condition(&expression)),
        None => query,
    };
    for key in page.order().keys() {
        let order = match key.direction {
            Direction::Ascending => Order::Asc,
            Direction::Descending => Order::Desc,
        };
        query = query.order_by(column(key.field.column), order);
    }
    query.limit(page.fetch_limit())
}

/// A filter as a condition of a query.
pub fn condition(expression: &Expression) -> Condition {
    match expression {
        Expression::And(parts) => parts
            .iter()
            .fold(Condition::all(), |all, part| all.add(condition(part))),
        // An empty `Or` holds for no row.
        Expression::Or(parts) if parts.is_empty() => Condition::all().add(Expr::val(1).eq(0)),
        Expression::Or(parts) => parts
            .iter()
            .fold(Condition::any(), |any, part| any.add(condition(part))),
        Expression::Not(part) => condition(part).not(),
        Expression::Comparison(comparison) => Condition::all().add(compare(comparison)),
    }
}

fn column(name: &'static str) -> SimpleExpr {
    Expr::col(Alias::new(name))
}

fn compare(comparison: &Comparison) -> SimpleExpr {
    let left = column(comparison.field.column);
    let right = value(&comparison.value);
    match comparison.operator {
        Operator::Equal => left.eq(right),
        Operator::NotEqual => left.ne(right),
        Operator::Less => left.lt(right),
        Operator::LessOrEqual => left.lte(right),
        Operator::Greater => left.gt(right),
        Operator::GreaterOrEqual => left.gte(right),
        Operator::Contains => {
            let text = match &comparison.value {
                Value::Text(text) => text.to_lowercase(),
                other => format!("{other:?}"),
            };
            Expr::expr(Func::lower(left)).like(LikeExpr::new(format!("%{}%", escaped(&text))).escape('\\'))
        }
    }
}

/// The wildcards of LIKE, taken literally.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn value(value: &Value) -> sea_orm::Value {
    match value {
        Value::Text(text) => text.clone().into(),
        Value::Integer(number) | Value::Timestamp(number) => (*number).into(),
        Value::Decimal(number) => (*number).into(),
        Value::Boolean(flag) => (*flag).into(),
        Value::Date(days) => (*days).into(),
        Value::Enumeration(name) => (*name).into(),
    }
}
