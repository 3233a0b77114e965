//! What lies ahead, in words: English, and Chinese where that is asked for.

use jiff::civil::Date;
use rapport_money::Money;

use super::{
    config::{Combination, TierSet},
    measure::Measure,
    projection::{Goal, GoalKind, Missing, Outlook},
    recorded::ITEMS,
    rules::Rules,
};
use crate::domain::{
    calendar::{day_of, yesterday},
    program::Program,
    wallet::POINTS,
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Tells goals and outlooks of one version of a tier set in words.
#[derive(Debug, Clone, Copy)]
pub struct Words<'w> {
    /// The program, which names the wallets.
    pub program: &'w Program,
    /// The version, which names the tiers.
    pub set: &'w TierSet,
    /// The language, a tag such as `en` or `zh-CN`.
    pub language: &'w str,
}

impl Words<'_> {
    /// The name of a tier.
    pub fn title(&self, tier: &str) -> &str {
        let known = self.set.tier(tier);
        known.map_or("", |tier| tier.titles.in_language(self.language))
    }

    /// What is missing, by when, and for what: such as `320 more points by 31 March 2027 for Gold`.
    pub fn goal(&self, goal: &Goal) -> String {
        let title = self.title(&goal.tier);
        let chinese = self.is_chinese();
        if goal.is_reached() {
            return if chinese {
                format!("{title}：已达到")
            } else {
                format!("nothing more is needed {}", purpose(goal.kind, title))
            };
        }
        let open: Vec<&Missing> = goal
            .missing
            .iter()
            .filter(|missing| missing.missing > 0)
            .collect();
        let by = open.first().and_then(|missing| missing.by);
        let together = open.iter().all(|missing| missing.by == by);
        let parts: Vec<String> = open
            .iter()
            .map(|missing| {
                let amount = self.amount(missing);
                let by = missing.by.filter(|_| !together);
                if chinese {
                    format!("{}{amount}", by.map(chinese_limit).unwrap_or_default())
                } else {
                    format!("{amount}{}", by.map(limit).unwrap_or_default())
                }
            })
            .collect();
        let by = by.filter(|_| together);
        if chinese {
            let parts = parts.join(if goal.combination == Combination::All {
                "和"
            } else {
                "或"
            });
            let from = goal.from.map(|day| format!("从{}起，", chinese_day(day)));
            let (from, by) = (
                from.unwrap_or_default(),
                by.map(chinese_limit).unwrap_or_default(),
            );
            return format!("{from}{by}再有{parts}{}", chinese_purpose(goal.kind, title));
        }
        let parts = parts.join(if goal.combination == Combination::All {
            " and "
        } else {
            " or "
        });
        let from = goal.from.map(|day| format!(" from {} on", in_english(day)));
        let (from, by) = (from.unwrap_or_default(), by.map(limit).unwrap_or_default());
        format!("{parts}{from}{by} {}", purpose(goal.kind, title))
    }

    /// What happens next: such as `Silver from 1 January 2028`.
    pub fn outlook(&self, outlook: &Outlook, rules: &Rules) -> String {
        let title = self.title(&outlook.tier);
        let day = day_of(outlook.time, rules.zone());
        let last = outlook
            .valid_until
            .map(|end| yesterday(day_of(end, rules.zone())));
        if self.is_chinese() {
            let until = last.map(|last| format!("，至{}", chinese_day(last)));
            return format!("从{}起：{title}{}", chinese_day(day), until.unwrap_or_default());
        }
        let until = last.map(|last| format!(" through {}", in_english(last)));
        format!("{title} from {}{}", in_english(day), until.unwrap_or_default())
    }

    fn is_chinese(&self) -> bool {
        self.language.split('-').next() == Some("zh")
    }

    fn amount(&self, missing: &Missing) -> String {
        let count = missing.missing;
        let chinese = self.is_chinese();
        match &missing.measure {
            Measure::Spend(currency) => {
                let money = Money {
                    minor: count,
                    currency: *currency,
                };
                if chinese {
                    format!("{money}的消费")
                } else {
                    format!("{money} more")
                }
            }
            Measure::Points(wallet) if wallet == POINTS => {
                counted(count, chinese, ("point", "points"), "积分")
            }
            Measure::Points(wallet) => {
                let known = self.program.wallets.get(wallet);
                let title = known.map_or(wallet.as_str(), |wallet| &wallet.terms.title);
                counted(count, chinese, (title, title), title)
            }
            Measure::Purchases => counted(count, chinese, ("purchase", "purchases"), "次购买"),
            Measure::Count(name) if name == ITEMS => counted(count, chinese, ("item", "items"), "件"),
            Measure::Count(name) => counted(count, chinese, (name, name), name),
        }
    }
}

fn counted(count: i64, chinese: bool, (one, several): (&str, &str), in_chinese: &str) -> String {
    match count {
        _ if chinese => format!("{count}{in_chinese}"),
        1 => format!("1 more {one}"),
        _ => format!("{count} more {several}"),
    }
}

fn purpose(kind: GoalKind, title: &str) -> String {
    match kind {
        GoalKind::Reach => format!("for {title}"),
        GoalKind::Keep => format!("to keep {title}"),
        GoalKind::Lifetime => format!("for {title} for life"),
        GoalKind::Challenge => format!("to keep {title} after the trial"),
    }
}

fn chinese_purpose(kind: GoalKind, title: &str) -> String {
    match kind {
        GoalKind::Reach => format!("可达到{title}"),
        GoalKind::Keep => format!("可保住{title}"),
        GoalKind::Lifetime => format!("可终身享有{title}"),
        GoalKind::Challenge => format!("可在试用后保留{title}"),
    }
}

fn limit(day: Date) -> String {
    format!(" by {}", in_english(day))
}

fn chinese_limit(day: Date) -> String {
    format!("在{}（含）之前", chinese_day(day))
}

fn in_english(day: Date) -> String {
    let month = usize::from(day.month().unsigned_abs()).saturating_sub(1);
    let month = MONTHS.get(month).copied().unwrap_or_default();
    format!("{} {month} {}", day.day(), day.year())
}

fn chinese_day(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}
