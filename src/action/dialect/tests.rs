use super::*;

#[test]
fn every_dialect_is_named_in_flavor() {
    let names = DIALECTS.map(Dialect::name);
    assert_eq!(names, flavor::NAMES);
}
