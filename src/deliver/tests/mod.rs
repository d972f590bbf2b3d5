mod dead_receiver;
mod model;
mod world;
