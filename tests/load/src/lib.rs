//! Load figures: open loop, measured against baselines of the same run.
