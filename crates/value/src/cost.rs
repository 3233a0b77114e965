//! Value against cost to serve.

/// What a customer brings and costs, in minor units of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueAndCost {
    /// Value: margin or lifetime value.
    pub value_minor: i64,
    /// Cost to serve over the same period.
    pub cost_minor: i64,
}

impl ValueAndCost {
    /// Value minus cost. Stops at the ends of `i64`.
    pub fn profit_minor(&self) -> i64 {
        self.value_minor.saturating_sub(self.cost_minor)
    }
}

/// The four kinds of customers, by value and cost to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CostQuadrant {
    /// Keep and grow.
    HighValueLowCost,
    /// Worth it, but find out why it costs so much.
    HighValueHighCost,
    /// Serve simply; try to develop.
    LowValueLowCost,
    /// Costs more than it should: lower the cost or change the terms.
    LowValueHighCost,
}

/// What counts as high. Both compare strictly: high is above the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostThresholds {
    /// Values above this are high.
    pub value_minor: i64,
    /// Costs above this are high.
    pub cost_minor: i64,
}

impl CostThresholds {
    /// The medians of value and of cost, the default thresholds; none without customers.
    ///
    /// For an even number of customers the mean of the two middle ones, rounded down.
    pub fn medians(customers: &[ValueAndCost]) -> Option<Self> {
        Some(Self {
            value_minor: median(customers.iter().map(|customer| customer.value_minor).collect())?,
            cost_minor: median(customers.iter().map(|customer| customer.cost_minor).collect())?,
        })
    }

    /// The quadrant of a customer.
    pub fn quadrant(&self, customer: &ValueAndCost) -> CostQuadrant {
        match (
            customer.value_minor > self.value_minor,
            customer.cost_minor > self.cost_minor,
        ) {
            (true, false) => CostQuadrant::HighValueLowCost,
            (true, true) => CostQuadrant::HighValueHighCost,
            (false, false) => CostQuadrant::LowValueLowCost,
            (false, true) => CostQuadrant::LowValueHighCost,
        }
    }
}

fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = values[values.len() / 2 - 1];
    let twice = i128::from(lower) + i128::from(upper);
    i64::try_from(twice.div_euclid(2)).ok()
}
