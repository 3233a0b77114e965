//! Pages and their tokens.

use rapport_listing::{ErrorKind, KeyValuesError, ListingError, Page, TokenKey, Value};

use crate::{SCHEMA, key};

const SCOPE: &str = "ListCases/tenant-1";

fn page(token: &str) -> Page {
    SCHEMA
        .page(2, token, "state = OPEN", "name desc", SCOPE, &key())
        .unwrap()
}

fn values() -> Vec<Value> {
    vec![Value::Text("李".into()), Value::Integer(-7)]
}

fn assert_token_refused(result: Result<Page, ListingError>) {
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind, error.field, error.reason()),
        (ErrorKind::InvalidPageToken, "page_token", "INVALID_PAGE_TOKEN")
    );
}

#[test]
fn the_page_size_is_defaulted_and_coerced() {
    let limit = |size| SCHEMA.page(size, "", "", "", SCOPE, &key()).unwrap().limit();
    assert_eq!(
        [limit(0), limit(1), limit(100), limit(101), limit(i32::MAX)],
        [20, 1, 100, 100, 100]
    );
    let error = SCHEMA.page(-1, "", "", "", SCOPE, &key()).unwrap_err();
    assert_eq!(
        (error.kind, error.field, error.reason()),
        (ErrorKind::InvalidPageSize, "page_size", "INVALID_PAGE_SIZE")
    );
}

#[test]
fn a_token_carries_the_position_to_the_next_page() {
    let token = page("").next_token(&values()).unwrap();
    let next = page(&token);
    assert_eq!(next.after(), Some(&values()[..]));
    assert_eq!(
        next.condition().unwrap().to_string(),
        "state = OPEN AND (name <= \"李\" AND (name < \"李\" OR id < -7))"
    );
}

#[test]
fn a_token_carries_values_of_every_kind() {
    let order = "create_time, done desc, score, state";
    let open = |token: &str| SCHEMA.page(0, token, "", order, SCOPE, &key()).unwrap();
    let values = [
        Value::Timestamp(i64::MIN),
        Value::Boolean(true),
        Value::Decimal(-0.1),
        Value::Enumeration("PENDING"),
        Value::Integer(i64::MAX),
    ];
    assert_eq!(
        open(&open("").next_token(&values).unwrap()).after(),
        Some(&values[..])
    );
    let open = |token: &str| SCHEMA.page(0, token, "", "birth_date", SCOPE, &key()).unwrap();
    let values = [Value::Date(-1), Value::Integer(0)];
    assert_eq!(
        open(&open("").next_token(&values).unwrap()).after(),
        Some(&values[..])
    );
}

#[test]
fn the_size_and_the_spelling_of_the_request_may_change_between_pages() {
    let token = page("").next_token(&values()).unwrap();
    assert!(
        SCHEMA
            .page(
                9,
                &token,
                "  state=\"OPEN\"",
                "name  DESC, id desc",
                SCOPE,
                &key()
            )
            .is_ok()
    );
}

#[test]
fn a_token_of_another_filter_order_scope_or_key_is_refused() {
    let token = page("").next_token(&values()).unwrap();
    let open = |filter, order, scope, key: TokenKey| SCHEMA.page(2, &token, filter, order, scope, &key);
    assert!(open("state = OPEN", "name desc", SCOPE, key()).is_ok());
    assert_token_refused(open("state = CLOSED", "name desc", SCOPE, key()));
    assert_token_refused(open("", "name desc", SCOPE, key()));
    assert_token_refused(open("state = OPEN", "name", SCOPE, key()));
    assert_token_refused(open("state = OPEN", "", SCOPE, key()));
    assert_token_refused(open("state = OPEN", "name desc", "ListCases/tenant-2", key()));
    assert_token_refused(open("state = OPEN", "name desc", SCOPE, TokenKey::new([43; 32])));
}

#[test]
fn a_token_with_any_character_changed_is_refused() {
    let token = page("").next_token(&values()).unwrap();
    for index in 0..token.len() {
        let replacement = if &token[index..=index] == "A" { "B" } else { "A" };
        let changed = format!("{}{replacement}{}", &token[..index], &token[index + 1..]);
        assert_token_refused(SCHEMA.page(2, &changed, "state = OPEN", "name desc", SCOPE, &key()));
    }
    for wrong in [
        "A",
        "not a token",
        "张",
        &token[..token.len() - 4],
        &format!("{token}="),
        &token[4..],
    ] {
        assert_token_refused(SCHEMA.page(2, wrong, "state = OPEN", "name desc", SCOPE, &key()));
    }
}

#[test]
fn a_page_is_cut_to_its_size_and_the_last_page_has_no_token() {
    let row_values = |row: &i64| vec![Value::Text("n".into()), Value::Integer(*row)];
    let page = page("");
    assert_eq!((page.limit(), page.fetch_limit()), (2, 3));
    assert_eq!(
        page.complete(vec![2, 1], row_values).unwrap(),
        (vec![2, 1], String::new())
    );
    let (rows, token) = page.complete(vec![3, 2, 1], row_values).unwrap();
    assert_eq!(rows, [3, 2]);
    assert_eq!(token, page.next_token(&row_values(&2)).unwrap());
}

#[test]
fn a_token_needs_the_values_of_the_order() {
    assert_eq!(
        page("").next_token(&[]).unwrap_err(),
        KeyValuesError::Count {
            expected: 2,
            actual: 0
        }
    );
}

#[test]
fn the_first_page_of_an_unfiltered_list_has_no_condition() {
    let page = SCHEMA.page(0, "", "", "", SCOPE, &key()).unwrap();
    assert_eq!((page.condition(), page.after()), (None, None));
}

#[test]
fn the_secret_of_a_key_is_not_printed() {
    assert_eq!(format!("{:?}", key()), "TokenKey(…)");
}

#[test]
fn the_form_of_a_token_stays_the_same() {
    // Computed by another program. Tokens given out before an upgrade are used after it: a change of this text
    // needs a new version byte.
    let token = SCHEMA
        .page(0, "", "", "", "scope", &key())
        .unwrap()
        .next_token(&[Value::Integer(1)])
        .unwrap();
    assert_eq!(
        token,
        "AahptuzXYnvcvRG_zRCtS68AAAAAAAAAAaUiuXLQO8Qrrnr0LbeofomxqrfpDsJgOdFqh-epLf6C"
    );
}
