//! What campaigns have given so far.

use std::collections::HashMap;

/// What a campaign, in all its versions, has given before the activity that is evaluated. It never becomes less: what a
/// return takes back makes no room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Points to all members.
    pub budget_points: i64,
    /// Points to the member.
    pub member_points: i64,
    /// Points to the member for activities of the same day; days are those of the program's time zone.
    pub member_day_points: i64,
    /// Points to the member for activities of the same calendar month.
    pub member_month_points: i64,
    /// Activities of the member that got points.
    pub member_awards: i64,
}

impl Usage {
    /// Adds an award for an activity of the same day.
    pub fn add(&mut self, points: i64) {
        for counted in [
            &mut self.budget_points,
            &mut self.member_points,
            &mut self.member_day_points,
            &mut self.member_month_points,
        ] {
            *counted = counted.saturating_add(points);
        }
        self.member_awards = self.member_awards.saturating_add(1);
    }
}

/// Usages by the id of the campaign. One that is not there has given nothing.
pub type Usages = HashMap<String, Usage>;
