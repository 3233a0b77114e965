//! Requests about customers and their purchases.

use super::{
    Case,
    Expected::{self, Made, Nothing, Refused},
    case, taken,
};

pub(in crate::isolation) const EVALUATE: Case = case(
    "ProfileService/EvaluateCustomers",
    Expected::Made,
    &[
        ("as_of_date.year", "2025"),
        ("as_of_date.month", "7"),
        ("as_of_date.day", "1"),
        ("currency_code", "USD"),
    ],
);

pub(super) const CASES: &[Case] = &[
    taken(
        "ProfileService/CreateCustomer",
        &[("customer_id", "li"), ("customer.display_name", "Theirs")],
    ),
    case("ProfileService/GetCustomer", Refused, &[("name", "customers/li")]),
    case("ProfileService/ListCustomers", Nothing, &[]),
    case(
        "ProfileService/UpdateCustomer",
        Refused,
        &[
            ("customer.name", "customers/li"),
            ("customer.display_name", "Guest li again"),
            ("customer.identities.type", "IDENTITY_TYPE_EMAIL"),
            ("customer.identities.value", "li@example.com"),
            ("update_mask.paths", "*"),
        ],
    ),
    case(
        "ProfileService/RecordPurchase",
        Refused,
        &[
            ("parent", "customers/li"),
            ("purchase.source", "till"),
            ("purchase.source_id", "sale-2"),
            ("purchase.kind", "PURCHASE_KIND_SALE"),
            ("purchase.purchase_time.seconds", "1748772900"),
            ("purchase.amount.currency_code", "USD"),
            ("purchase.amount.units", "12"),
            ("purchase.quantity", "1"),
        ],
    ),
    case(
        "ProfileService/ListTimelineEntries",
        Refused,
        &[("parent", "customers/li")],
    ),
    case(
        "ProfileService/GetEvaluation",
        Refused,
        &[("name", "{evaluation}")],
    ),
    case(
        "ProfileService/GetCustomerValue",
        Refused,
        &[("name", "customers/li/value")],
    ),
    case("ProfileService/ListCustomerValues", Nothing, &[]),
    case("ProfileService/SummarizeCustomers", Nothing, &[]),
    case(
        "ProfileService/GetCustomerView",
        Refused,
        &[("name", "customers/li/view")],
    ),
    case(
        "ProfileService/LookupCustomer",
        Refused,
        &[
            ("identity.type", "IDENTITY_TYPE_EMAIL"),
            ("identity.value", "li@example.com"),
        ],
    ),
    case(
        "ProfileService/DeleteCustomer",
        Refused,
        &[("name", "customers/li")],
    ),
    case(
        "ProfileService/BatchCreateCustomers",
        Made,
        &[
            ("requests.customer_id", "kim"),
            ("requests.customer.display_name", "Kim"),
        ],
    ),
    case(
        "ProfileService/ImportPurchases",
        Made,
        &[
            ("rows.row", "1"),
            ("rows.customer", "customers/kim"),
            ("rows.purchase.source", "till"),
            ("rows.purchase.source_id", "import-1"),
            ("rows.purchase.kind", "PURCHASE_KIND_SALE"),
            ("rows.purchase.purchase_time.seconds", "1748772900"),
            ("rows.purchase.amount.currency_code", "USD"),
            ("rows.purchase.amount.units", "12"),
            ("rows.purchase.quantity", "1"),
        ],
    ),
    EVALUATE,
];
