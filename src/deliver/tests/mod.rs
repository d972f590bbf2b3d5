mod dead_receiver;
mod model;
mod removed_lane;
mod world;
