//! The page of campaigns: its tables are those of the contexts, its recipes are accepted, and its example is reckoned again.

use super::*;
use crate::domain::page_of_documentation;

/// The recipes of the cookbook: their names, with what is stated by the name of the part.
fn recipes(page: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let cookbook = page.split("## Cookbook").nth(1).unwrap();
    let recipes = cookbook.split("\n**").skip(1);
    let stated = |line: &str| {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let (part, value) = cells.split_once(" | ")?;
        let value = value.trim_matches('`').replace("\\|", "|");
        Some((part.to_owned(), value))
    };
    let recipes = recipes.map(|recipe| {
        let name = recipe.split(".**").next().unwrap().to_owned();
        (name, recipe.lines().filter_map(stated).collect())
    });
    recipes.collect()
}

#[test]
fn the_page_has_everything_that_conditions_can_speak_of() {
    let page = page_of_documentation("campaigns.md");
    let table = Schemas::of(&Trigger::Purchase).unwrap().condition.context_table();
    assert!(page.contains(&table), "the page should have this table:\n{table}");
}

#[test]
fn what_is_no_purchase_has_the_same_fields() {
    let fields = |trigger: Trigger, subject: &str| {
        let table = Schemas::of(&trigger).unwrap().condition.context_table();
        let rows = table
            .lines()
            .filter(|row| row.starts_with(&format!("| `{subject}.")));
        let rows = rows.map(|row| {
            row.replace(&format!("`{subject}."), "`")
                .replace(", optional", "")
        });
        rows.filter(|row| !row.starts_with("| `trigger`"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        fields(Trigger::Visit, "activity"),
        fields(Trigger::Purchase, "order")
    );
}

#[test]
fn every_recipe_of_the_cookbook_is_accepted() {
    let recipes = recipes(&page_of_documentation("campaigns.md"));
    assert!(recipes.len() >= 7, "only {} recipes were found", recipes.len());
    let mut expressions = 0;
    for (name, stated) in recipes {
        let text = |part: &str| stated.get(part).cloned().unwrap_or_default();
        let award = match (stated.get("award, amount"), stated.get("award, multiplier")) {
            (Some(expression), _) => amount(expression),
            (None, Some(multiplier)) => {
                let number = multiplier.split(' ').next().unwrap().replace(',', "");
                Award::Multiplier {
                    thousandths: number.parse().unwrap(),
                }
            }
            (None, None) => fixed(1),
        };
        let recipe = Terms {
            trigger: Trigger::named(&text("trigger")),
            condition: text("condition"),
            line_condition: text("condition on lines"),
            ..terms(award)
        };
        assert_eq!(recipe.check(&wallets()), [], "{name}");
        expressions +=
            usize::from(!recipe.condition.is_empty()) + usize::from(!recipe.line_condition.is_empty());
    }
    assert!(expressions >= 7, "only {expressions} expressions were found");
}

#[test]
fn the_example_of_shares_is_right() {
    let order = purchase(
        1_000,
        vec![line("a", "x", 350), line("b", "x", 250), line("c", "x", 400)],
    );
    assert_eq!(
        by_line(terms(fixed(10)), &order),
        parts(&[("a", 4), ("b", 2), ("c", 4)])
    );
}
