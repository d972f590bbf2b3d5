mod model;
mod world;
