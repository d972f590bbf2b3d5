mod dead_receiver;
pub(super) mod model;
mod removed_lane;
mod world;
mod year;
