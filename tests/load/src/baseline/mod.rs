//! What the services are compared with, measured in the same run on the same machine.
//!
//! | name | what |
//! |---|---|
//! | H | a unary call of `tonic` with messages of the same size and nothing behind it, by the same client |
//! | P | one transaction an earn, statement by statement, by `pgbench` |
//! | B | the same rows by a bare program that knows its work beforehand, 64 earns a transaction |
//! | S | the row of a balance by its key, by `pgbench` |
//!
//! What a server of this shape could reach on these cores when it costs nothing of its own is, for writes, W = 1 / (1/H +
//! 1/B), and for reads, R = 1 / (1/H + 1/S). P and B write on the tables of the service what the service would have
//! written: its ledger is verified after them.

pub mod bare_call;
pub mod bare_rows;
pub mod pgbench;

/// The rates of the baselines, a second.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Bare calls with one caller.
    pub calls_of_one: f64,
    /// H: bare calls with 64 callers.
    pub calls: f64,
    /// P with one client.
    pub transactions_of_one: f64,
    /// P with as many clients as are best.
    pub transactions: f64,
    /// B.
    pub rows: f64,
    /// S with as many clients as are best.
    pub selects: f64,
}

impl Rates {
    /// W: what writes could reach.
    pub fn most_writes(&self) -> f64 {
        1.0 / (1.0 / self.calls + 1.0 / self.rows)
    }

    /// R: what reads could reach.
    pub fn most_reads(&self) -> f64 {
        1.0 / (1.0 / self.calls + 1.0 / self.selects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_processor_has_the_time_for_both_in_turn() {
        let rates = Rates {
            calls_of_one: 1.0,
            calls: 30_000.0,
            transactions_of_one: 1.0,
            transactions: 1.0,
            rows: 15_000.0,
            selects: 30_000.0,
        };
        assert!((rates.most_writes() - 10_000.0).abs() < 1e-6);
        assert!((rates.most_reads() - 15_000.0).abs() < 1e-6);
    }
}
