//! The suite under faults: services, database and broker are killed, cut off and stalled while clients work.
