//! Pools of unique codes that somebody else issued, such as cinema tickets.
//!
//! ```text
//!  import ──▶ free ──take──▶ taken ──show──▶ shown ──void──▶ void
//!              │ ▲             │
//!              │ └──give back──┤
//!              └───▶ expired ◀─┘   (time)
//! ```
//!
//! A code is taken by one redemption, and shown when that is fulfilled. One that was not shown can go back; one that was
//! shown never does, because whoever saw it may use it. A decision needs the counts and the next free codes only, so that
//! a pool can have millions. What holds: no count is negative, and all counts together are the codes ever imported.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rapport_status::Error;
use uuid::Uuid;

use super::reasons;

/// Type of code pools in errors.
pub const RESOURCE_TYPE: &str = "rapport.example/CodePool";

/// Most lines of one import.
pub const MOST_LINES: usize = 100_000;

/// Most characters of a code.
pub const LONGEST_CODE: usize = 200;

/// A code of a pool, without its text: that is read when it is shown, and nowhere before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Its id.
    pub id: Uuid,
    /// From when on it is worthless; none means never.
    pub expire_time: Option<Timestamp>,
}

/// How many codes of a pool are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Can be taken.
    pub free: i64,
    /// Belong to redemptions that are not fulfilled.
    pub taken: i64,
    /// Were shown to a member.
    pub shown: i64,
    /// Were shown, and are given back.
    pub void: i64,
    /// Expired before they were shown.
    pub expired: i64,
}

/// A pool with what the next decisions need.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pool {
    /// `programs/{program}/codePools/{pool}`.
    pub name: String,
    /// A notice is due when no more than so many codes are free; none means never.
    pub low_at: Option<i64>,
    /// How many codes are in which state.
    pub counts: Counts,
    /// Whether notice was given since the free codes were last more than [`Self::low_at`].
    pub low: bool,
    /// The next free codes in the order in which they are taken: those that expire first, and of these the first
    /// imported. There may be more.
    pub next: Vec<Code>,
}

/// What happens to codes of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// So many were imported.
    Added(i64),
    /// Free ones go to a redemption.
    Taken(Vec<Code>),
    /// Taken ones are free again.
    GivenBack(Vec<Code>),
    /// Taken ones are shown to a member.
    Shown(Vec<Uuid>),
    /// Shown ones are given back, and never go to another.
    Voided(Vec<Uuid>),
    /// Free ones expired.
    ExpiredFree(Vec<Uuid>),
    /// Taken ones expired before they were shown.
    ExpiredTaken(Vec<Uuid>),
}

/// A pool has run low.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunsLow {
    /// The pool.
    pub pool: String,
    /// Codes that are free.
    pub free: i64,
}

/// The error that a pool is not there.
pub fn not_found(name: &str) -> Error {
    Error::about(
        reasons::CODE_POOL_NOT_FOUND,
        RESOURCE_TYPE,
        name,
        format!("there is no code pool {name}; make it with UpdateCodePool or ImportCodes"),
    )
}

impl Counts {
    /// Codes ever imported.
    pub fn imported(&self) -> i64 {
        self.free + self.taken + self.shown + self.void + self.expired
    }
}

impl Pool {
    /// Carries out a change, and tells when the pool has run low by it: exactly once until more codes than
    /// [`Self::low_at`] are free again.
    pub fn apply(&mut self, change: &Change) -> Option<RunsLow> {
        let counts = &mut self.counts;
        match change {
            Change::Added(codes) => counts.free += codes,
            Change::Taken(codes) => {
                counts.free -= length(codes);
                counts.taken += length(codes);
                self.next.retain(|free| !codes.contains(free));
            }
            Change::GivenBack(codes) => {
                counts.taken -= length(codes);
                counts.free += length(codes);
                // First in the order of time, they are the first to go again.
                self.next.splice(0..0, codes.iter().copied());
                self.next
                    .sort_by_key(|code| (code.expire_time.is_none(), code.expire_time));
            }
            Change::Shown(codes) => {
                counts.taken -= length(codes);
                counts.shown += length(codes);
            }
            Change::Voided(codes) => {
                counts.shown -= length(codes);
                counts.void += length(codes);
            }
            Change::ExpiredFree(codes) => {
                counts.free -= length(codes);
                counts.expired += length(codes);
                self.next.retain(|free| !codes.contains(&free.id));
            }
            Change::ExpiredTaken(codes) => {
                counts.taken -= length(codes);
                counts.expired += length(codes);
            }
        }
        self.notice()
    }

    /// Sets when notice is due, and tells when it is at once.
    pub fn set_low_at(&mut self, low_at: Option<i64>) -> Option<RunsLow> {
        self.low_at = low_at;
        self.notice()
    }

    fn notice(&mut self) -> Option<RunsLow> {
        let was_low = self.low;
        self.low = self.low_at.is_some_and(|low_at| self.counts.free <= low_at);
        (self.low && !was_low).then(|| RunsLow {
            pool: self.name.clone(),
            free: self.counts.free,
        })
    }

    /// Chooses codes for some units: those that expire first, but only such as can be used until a moment at least, so
    /// that a code does not expire while it is reserved. Codes that have expired by now are to leave the pool before.
    /// Refuses when there are fewer.
    pub fn choose(&self, units: i64, until: Timestamp) -> Result<Vec<Code>, Error> {
        let lasts = |code: &&Code| code.expire_time.is_none_or(|expire_time| until < expire_time);
        let wanted = usize::try_from(units).unwrap_or_default();
        let chosen: Vec<_> = self.next.iter().filter(lasts).take(wanted).copied().collect();
        if chosen.len() < wanted {
            let found = chosen.len();
            return Err(Error::about(
                reasons::CODE_POOL_EMPTY,
                RESOURCE_TYPE,
                &self.name,
                format!(
                    "{} has {found} codes that can be used after {until}, not {units}; import more with ImportCodes",
                    self.name
                ),
            )
            .with("codes_left", found)
            .with("codes_wanted", units));
        }
        Ok(chosen)
    }

    /// The next free codes that have expired at a moment.
    pub fn expired(&self, now: Timestamp) -> Vec<Uuid> {
        let expired = self.next.iter().filter(|code| code.has_expired(now));
        expired.map(|code| code.id).collect()
    }
}

impl Code {
    /// Whether it is worthless at a moment.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expire_time.is_some_and(|expire_time| expire_time <= now)
    }
}

fn length<T>(codes: &[T]) -> i64 {
    i64::try_from(codes.len()).unwrap_or(i64::MAX)
}

/// A batch of codes as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// The codes to add, in the order of their lines.
    pub codes: Vec<String>,
    /// Lines that are refused, in order.
    pub refused: Vec<RefusedLine>,
}

/// A line of a batch that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// Its number, from 1.
    pub line: usize,
    /// Why.
    pub why: Refusal,
}

/// Why a line of a batch is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The code stands in an earlier line already.
    DuplicateOfLine(usize),
    /// The pool has or had the code.
    Known,
    /// The code has more than [`LONGEST_CODE`] characters.
    TooLong,
    /// The code has characters that cannot be seen.
    Invisible,
}

/// Reads a batch, one code a line. Spaces around a code and empty lines do not count. `known` tells which codes the pool
/// has or ever had. Lines that are refused do not keep the others from being imported.
pub fn read_batch(text: &str, known: &dyn Fn(&str) -> bool) -> Result<Batch, Error> {
    if text.lines().nth(MOST_LINES).is_some() {
        return Err(Error::invalid_field(
            "codes",
            format!("must be at most {MOST_LINES} lines; import the rest in another batch"),
        ));
    }
    let mut first_lines = BTreeMap::new();
    let mut batch = Batch::default();
    for (line, code) in (1..).zip(text.lines().map(str::trim)) {
        if code.is_empty() {
            continue;
        }
        let why = if code.chars().count() > LONGEST_CODE {
            Refusal::TooLong
        } else if code.chars().any(char::is_control) {
            Refusal::Invisible
        } else if let Some(first) = first_lines.get(code) {
            Refusal::DuplicateOfLine(*first)
        } else {
            first_lines.insert(code, line);
            if !known(code) {
                batch.codes.push(code.to_owned());
                continue;
            }
            Refusal::Known
        };
        batch.refused.push(RefusedLine { line, why });
    }
    Ok(batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(day: i8) -> Timestamp {
        format!("2026-01-{day:02}T00:00:00Z").parse().unwrap()
    }

    fn code(id: u128, day: Option<i8>) -> Code {
        Code {
            id: Uuid::from_u128(id),
            expire_time: day.map(moment),
        }
    }

    fn pool(low_at: Option<i64>, next: &[Code]) -> Pool {
        Pool {
            name: "programs/p/codePools/cinema".to_owned(),
            low_at,
            counts: Counts {
                free: length(next),
                ..Counts::default()
            },
            low: false,
            next: next.to_vec(),
        }
    }

    #[test]
    fn codes_that_expire_first_are_taken_first_but_none_that_expires_while_reserved() {
        let codes = [
            code(1, Some(2)),
            code(2, Some(3)),
            code(3, Some(4)),
            code(4, None),
        ];
        let pool = pool(None, &codes);
        assert_eq!(pool.choose(1, moment(1)).unwrap(), [codes[0]]);
        assert_eq!(pool.choose(2, moment(3)).unwrap(), [codes[2], codes[3]]);
        let error = pool.choose(3, moment(3)).unwrap_err();
        assert_eq!(error.reason(), reasons::CODE_POOL_EMPTY);
        assert!(
            error.message().contains("has 2 codes that can be used after"),
            "{error}"
        );
        assert_eq!(pool.choose(0, moment(1)).unwrap(), []);
    }

    #[test]
    fn codes_expire_at_their_moment_and_not_before() {
        let codes = [code(1, Some(2)), code(2, Some(3)), code(4, None)];
        let pool = pool(None, &codes);
        assert_eq!(pool.expired(moment(1)), Vec::<Uuid>::new());
        assert_eq!(pool.expired(moment(2)), [codes[0].id]);
        assert_eq!(pool.expired(moment(3)), [codes[0].id, codes[1].id]);
    }

    #[test]
    fn every_code_is_in_one_state() {
        let codes = [code(1, Some(2)), code(2, Some(3)), code(3, None), code(4, None)];
        let mut pool = pool(None, &codes);
        let ids: Vec<_> = codes.iter().map(|code| code.id).collect();
        for (change, counts) in [
            (Change::Added(6), [10, 0, 0, 0, 0]),
            (Change::ExpiredFree(ids[..1].to_vec()), [9, 0, 0, 0, 1]),
            (Change::Taken(codes[1..].to_vec()), [6, 3, 0, 0, 1]),
            (Change::GivenBack(codes[3..].to_vec()), [7, 2, 0, 0, 1]),
            (Change::Shown(ids[2..3].to_vec()), [7, 1, 1, 0, 1]),
            (Change::Voided(ids[2..3].to_vec()), [7, 1, 0, 1, 1]),
            (Change::ExpiredTaken(ids[1..2].to_vec()), [7, 0, 0, 1, 2]),
        ] {
            pool.apply(&change);
            let Counts {
                free,
                taken,
                shown,
                void,
                expired,
            } = pool.counts;
            assert_eq!([free, taken, shown, void, expired], counts, "{change:?}");
            assert_eq!(pool.counts.imported(), 10, "{change:?}");
        }
        assert_eq!(pool.next, [codes[3]]);
    }

    #[test]
    fn codes_that_come_back_take_their_place_in_the_order() {
        let codes = [code(1, Some(2)), code(2, Some(3)), code(3, None)];
        let mut pool = pool(None, &codes);
        pool.apply(&Change::Taken(vec![codes[2], codes[1]]));
        assert_eq!(pool.next, [codes[0]]);
        pool.apply(&Change::GivenBack(vec![codes[2], codes[1]]));
        assert_eq!(pool.next, codes);
    }

    #[test]
    fn notice_is_given_once_per_crossing() {
        let codes: Vec<_> = (1..=5).map(|id| code(id, None)).collect();
        let mut pool = pool(Some(3), &codes);
        let mut notices = Vec::new();
        let steps = [
            Change::Taken(codes[..1].to_vec()),      // 4 free
            Change::Taken(codes[1..2].to_vec()),     // 3 free: low
            Change::Taken(codes[2..3].to_vec()),     // 2 free
            Change::GivenBack(codes[2..3].to_vec()), // 3 free: still low
            Change::GivenBack(codes[1..2].to_vec()), // 4 free: no longer low
            Change::Taken(codes[..2].to_vec()),      // 2 free: low again
            Change::Added(10),                       // 12 free
            Change::Shown(vec![]),
        ];
        for change in &steps {
            notices.push(pool.apply(change).map(|notice| notice.free));
        }
        assert_eq!(notices, [None, Some(3), None, None, None, Some(2), None, None]);
        assert_eq!(pool.set_low_at(Some(11)), None);
        let notice = pool.set_low_at(Some(12)).unwrap();
        assert_eq!(
            (notice.pool.as_str(), notice.free),
            ("programs/p/codePools/cinema", 12)
        );
        assert_eq!(pool.set_low_at(Some(13)), None);
        assert_eq!(pool.set_low_at(None), None);
        assert!(!pool.low);
    }

    #[test]
    fn a_batch_tells_by_line_what_it_refuses_and_why() {
        let long = "x".repeat(LONGEST_CODE + 1);
        let text = format!("A1\n\n  A2  \r\nA1\nold\nA\u{7}3\n{long}\nold\n{}\n", &long[1..]);
        let batch = read_batch(&text, &|code| code == "old").unwrap();
        assert_eq!(batch.codes, ["A1", "A2", &long[1..]]);
        let refused: Vec<_> = batch
            .refused
            .into_iter()
            .map(|line| (line.line, line.why))
            .collect();
        assert_eq!(
            refused,
            [
                (4, Refusal::DuplicateOfLine(1)),
                (5, Refusal::Known),
                (6, Refusal::Invisible),
                (7, Refusal::TooLong),
                (8, Refusal::DuplicateOfLine(5)),
            ]
        );
    }

    #[test]
    fn a_batch_has_only_so_many_lines() {
        let lines = |count: usize| {
            (0..count)
                .map(|number| number.to_string())
                .collect::<Vec<_>>()
                .join("\n")
        };
        let batch = read_batch(&lines(MOST_LINES), &|_| false).unwrap();
        assert_eq!((batch.codes.len(), batch.refused.len()), (MOST_LINES, 0));
        let error = read_batch(&lines(MOST_LINES + 1), &|_| false).unwrap_err();
        assert_eq!(error.violations()[0].field, "codes");
    }
}
