//! A member's month as a file: comma-separated values (RFC 4180) with titles in English or Chinese.

use std::{collections::BTreeMap, fmt::Write as _};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rapport_status::Error;

use super::{
    Kind, Month, Movement, narrow,
    recognition::{outstanding, recognise},
};
use crate::domain::calendar::day_of;

/// The language of the titles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Simplified Chinese.
    Chinese,
}

/// Which statement.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `programs/{program}/members/{member}`.
    pub member: &'a str,
    /// The wallet.
    pub wallet: &'a str,
    /// The month. It must be over when the movements were known.
    pub month: Month,
    /// The program's time zone.
    pub zone: &'a TimeZone,
    /// What was known by this moment counts.
    pub known_by: Timestamp,
    /// The language of the titles.
    pub language: Language,
}

/// The statement of a member's month: the opening balance, each movement with the balance after it, the closing balance,
/// and when the points of the closing balance expire, by day. A day of expiry is the last on which the points can be
/// spent. Other members' movements and other wallets' are ignored. Lines end with CR LF.
///
/// Points that lapse have the vintage of their lot as their cause, and no number: they lapse by themselves.
///
/// A cell that a spreadsheet would take for a formula gets an apostrophe before it.
pub fn statement(movements: &[Movement], request: &Request<'_>) -> Result<String, Error> {
    let own: Vec<Movement> = movements
        .iter()
        .filter(|movement| movement.member == request.member && movement.wallet == request.wallet)
        .cloned()
        .collect();
    let zone = request.zone;
    let (start, end) = (request.month.start(zone), request.month.end(zone));
    let opening = sum(&outstanding(&own, start, request.known_by)?)?;
    let at_end = outstanding(&own, end, request.known_by)?;
    let closing = sum(&at_end)?;
    let titles = request.language.titles();

    let mut file = File::default();
    file.line(&[titles.member, &text(request.member)]);
    file.line(&[titles.wallet, &text(request.wallet)]);
    file.line(&[titles.month, &request.month.to_string()]);
    file.line(&[]);
    file.line(&[
        titles.day,
        titles.number,
        titles.what,
        titles.cause,
        titles.points,
        titles.balance,
    ]);
    let first_day = request.month.first_day().to_string();
    file.line(&[&first_day, "", titles.opening, "", "", &opening.to_string()]);
    let mut balance = i128::from(opening);
    for each in recognise(&own, request.known_by)? {
        if each.time < start || end <= each.time {
            continue;
        }
        balance += i128::from(each.points);
        let day = day_of(each.time, zone).to_string();
        let (number, cause) = if each.is_posted() {
            (each.movement.number.to_string(), text(&each.movement.cause))
        } else {
            (String::new(), each.movement.vintage.to_string())
        };
        file.line(&[
            &day,
            &number,
            request.language.kind(each.kind),
            &cause,
            &each.points.to_string(),
            &balance.to_string(),
        ]);
    }
    if balance != i128::from(closing) {
        return Err(Error::internal(format!(
            "the statement of {} for {} does not close: its movements end with {balance}, the lots have {closing}",
            request.member, request.month
        )));
    }
    let last_day = day_of(end, zone).yesterday().unwrap_or(Date::MIN).to_string();
    file.line(&[&last_day, "", titles.closing, "", "", &closing.to_string()]);
    file.line(&[]);
    file.line(&[titles.last_day, titles.points]);
    for (day, points) in expiries(&at_end, zone)? {
        let day = day.map_or_else(|| titles.never.to_owned(), |day| day.to_string());
        file.line(&[&day, &points.to_string()]);
    }
    Ok(file.0)
}

fn sum(lots: &[(&Movement, i64)]) -> Result<i64, Error> {
    narrow(lots.iter().map(|(_, left)| i128::from(*left)).sum())
}

/// Points by the last day on which they can be spent, the next first; those that never expire at the end.
fn expiries(lots: &[(&Movement, i64)], zone: &TimeZone) -> Result<Vec<(Option<Date>, i64)>, Error> {
    let mut by_day: BTreeMap<(bool, Option<Date>), i128> = BTreeMap::new();
    for (lot, left) in lots {
        let day = lot.expire_time.map(|expire_time| {
            let last_moment = expire_time.checked_sub(jiff::SignedDuration::from_nanos(1));
            day_of(last_moment.unwrap_or(expire_time), zone)
        });
        *by_day.entry((day.is_none(), day)).or_default() += i128::from(*left);
    }
    by_day
        .into_iter()
        .map(|((_, day), points)| Ok((day, narrow(points)?)))
        .collect()
}

/// A text that no spreadsheet takes for a formula.
fn text(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// A file of comma-separated values.
#[derive(Debug, Default)]
struct File(String);

impl File {
    fn line(&mut self, cells: &[&str]) {
        for (place, cell) in cells.iter().enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            if cell.contains([',', '"', '\r', '\n']) {
                // Writing to a text cannot fail.
                let _ = write!(self.0, "\"{}\"", cell.replace('"', "\"\""));
            } else {
                self.0.push_str(cell);
            }
        }
        self.0.push_str("\r\n");
    }
}

/// The titles of a statement.
struct Titles {
    member: &'static str,
    wallet: &'static str,
    month: &'static str,
    day: &'static str,
    number: &'static str,
    what: &'static str,
    cause: &'static str,
    points: &'static str,
    balance: &'static str,
    opening: &'static str,
    closing: &'static str,
    last_day: &'static str,
    never: &'static str,
}

const ENGLISH: Titles = Titles {
    member: "Member",
    wallet: "Wallet",
    month: "Month",
    day: "Day",
    number: "Number",
    what: "What",
    cause: "Cause",
    points: "Points",
    balance: "Balance",
    opening: "Opening balance",
    closing: "Closing balance",
    last_day: "Valid to",
    never: "never expires",
};

const CHINESE: Titles = Titles {
    member: "会员",
    wallet: "钱包",
    month: "月份",
    day: "日期",
    number: "编号",
    what: "类型",
    cause: "原因",
    points: "积分",
    balance: "余额",
    opening: "期初余额",
    closing: "期末余额",
    last_day: "有效期至",
    never: "永不过期",
};

impl Language {
    fn titles(self) -> &'static Titles {
        match self {
            Self::English => &ENGLISH,
            Self::Chinese => &CHINESE,
        }
    }

    fn kind(self, kind: Kind) -> &'static str {
        let (english, chinese) = match kind {
            Kind::Earned => ("earned", "获得"),
            Kind::TakenBack => ("taken back", "扣回"),
            Kind::Redeemed => ("redeemed", "兑换"),
            Kind::GivenBack => ("given back", "退还"),
            Kind::Expired => ("expired", "过期"),
            Kind::Reinstated => ("reinstated", "恢复"),
            Kind::Transferred => ("transferred", "转移"),
            Kind::Adjusted => ("adjusted", "调整"),
        };
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_when_they_must_be_and_never_formulas() {
        let mut file = File::default();
        file.line(&["plain", "a,b", "say \"x\"", "two\nlines", "cr\r", ""]);
        assert_eq!(
            file.0,
            "plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\"cr\r\",\r\n"
        );
        for (cell, safe) in [
            ("=1+1", "'=1+1"),
            ("@x", "'@x"),
            ("-3", "'-3"),
            ("+3", "'+3"),
            ("\tx", "'\tx"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(text(cell), safe);
        }
    }
}
