//! What the service does without being asked.

mod stage_follower;

pub(crate) use stage_follower::StageFollower;
