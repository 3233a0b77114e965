//! What was measured, as a table and as JSON.

use std::{fmt, path::Path};

use serde_json::{Value, json};

use crate::{Outcome, machine::Machine};

/// One figure.
#[derive(Debug, Clone)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it is to be, if it has a target.
    pub target: Option<Target>,
    /// What else is to be known: percentiles, counts, spread.
    pub note: String,
}

/// What a figure is to be.
#[derive(Debug, Clone)]
pub enum Target {
    /// At least this share of a baseline of the same run.
    Share {
        /// What the figure is compared with.
        of: String,
        /// That baseline.
        baseline: f64,
        /// The share that is wanted.
        wanted: f64,
    },
    /// At least so much.
    AtLeast(f64),
    /// At most so much.
    AtMost(f64),
}

impl Target {
    fn is_met_by(&self, value: f64) -> bool {
        match self {
            Self::Share { baseline, wanted, .. } => value >= baseline * wanted,
            Self::AtLeast(least) => value >= *least,
            Self::AtMost(most) => value <= *most,
        }
    }

    fn told_of(&self, value: f64) -> String {
        match self {
            Self::Share { of, baseline, wanted } => {
                format!("{:.2} of {of}, wanted {wanted:.2}", value / baseline.max(1e-9))
            }
            Self::AtLeast(least) => format!("at least {}", Short(*least)),
            Self::AtMost(most) => format!("at most {}", Short(*most)),
        }
    }
}

/// A figure with the digits that mean something.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            value if value.abs() >= 100.0 => write!(formatter, "{value:.0}"),
            value if value.abs() >= 10.0 || value.fract() == 0.0 => write!(formatter, "{value:.1}"),
            value => write!(formatter, "{value:.2}"),
        }
    }
}

/// All figures of a run.
#[derive(Debug)]
pub struct Report {
    machine: Machine,
    figures: Vec<Figure>,
}

impl Report {
    /// A report without figures yet.
    pub fn new(machine: Machine) -> Self {
        Self {
            machine,
            figures: Vec::new(),
        }
    }

    /// Adds a figure, and says it at once: a run takes minutes.
    pub fn add(&mut self, what: &str, value: f64, unit: &'static str, target: Option<Target>, note: String) {
        let figure = Figure {
            what: what.to_owned(),
            value,
            unit,
            target,
            note,
        };
        eprintln!("{}", figure.line());
        self.figures.push(figure);
    }

    /// Adds a figure for every target of the same value.
    pub fn add_against(
        &mut self,
        what: &str,
        value: f64,
        unit: &'static str,
        targets: Vec<Target>,
        note: &str,
    ) {
        for target in targets {
            self.add(what, value, unit, Some(target), note.to_owned());
        }
    }

    /// Figures that miss their targets.
    pub fn misses(&self) -> impl Iterator<Item = &Figure> {
        self.figures
            .iter()
            .filter(|figure| figure.is_met() == Some(false))
    }

    /// The figures as a table in Markdown.
    pub fn table(&self) -> String {
        let mut text = format!(
            "{}\n\n| what | figure | target | met | details |\n|---|---|---|---|---|\n",
            self.machine
        );
        for figure in &self.figures {
            text.push_str(&figure.line());
            text.push('\n');
        }
        text
    }

    /// Writes the figures as JSON.
    pub fn write(&self, file: &Path) -> Outcome<()> {
        let figures: Vec<Value> = self.figures.iter().map(Figure::as_json).collect();
        let document = json!({ "machine": self.machine.as_json(), "figures": figures });
        std::fs::write(file, serde_json::to_vec_pretty(&document)?)
            .map_err(|error| format!("the figures cannot be written to {}: {error}", file.display()))?;
        Ok(())
    }
}

impl Figure {
    /// Whether the target is met, if there is one.
    fn is_met(&self) -> Option<bool> {
        self.target.as_ref().map(|target| target.is_met_by(self.value))
    }

    /// A row of the table.
    pub fn line(&self) -> String {
        let target = self
            .target
            .as_ref()
            .map_or_else(String::new, |target| target.told_of(self.value));
        let met = match self.is_met() {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        let (value, unit) = (Short(self.value), self.unit);
        format!(
            "| {} | {value} {unit} | {target} | {met} | {} |",
            self.what, self.note
        )
    }

    fn as_json(&self) -> Value {
        json!({
            "what": self.what,
            "value": self.value,
            "unit": self.unit,
            "target": self.target.as_ref().map(|target| target.told_of(self.value)),
            "met": self.is_met(),
            "note": self.note,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_met_by_what_reaches_it() {
        let target = Target::Share {
            of: "P".to_owned(),
            baseline: 2_000.0,
            wanted: 3.0,
        };
        assert!(target.is_met_by(6_000.0));
        assert!(!target.is_met_by(5_999.0));
        assert_eq!(target.told_of(5_000.0), "2.50 of P, wanted 3.00");
    }

    #[test]
    fn bounds_are_met_from_their_side() {
        assert!(Target::AtMost(250.0).is_met_by(250.0));
        assert!(!Target::AtMost(250.0).is_met_by(251.0));
        assert!(!Target::AtLeast(5_000.0).is_met_by(4_999.0));
    }
}
