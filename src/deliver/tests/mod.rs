mod dead_receiver;
pub(super) mod model;
mod removed_lane;
mod stopping;
mod world;
mod year;
