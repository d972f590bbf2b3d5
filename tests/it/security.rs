//! SECURITY.md names the test of each claim.

use crate::events::cases;

/// The rows of a section's second table, without its head.
fn rows() -> Vec<Vec<&'static str>> {
    let page = include_str!("../../SECURITY.md");
    let table = page.split("| who | cannot | shown by |\n").nth(1).unwrap();
    let lines = table.lines().skip(1);
    let rows = lines.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

#[test]
fn each_claim_of_the_threat_table_names_tests_that_exist() {
    let tests = cases::tests();
    let rows = rows();
    assert!(rows.len() > 15, "{}", rows.len());
    for row in rows {
        let [_, claim, names] = row.as_slice() else {
            panic!("three columns: {row:?}");
        };
        assert!(!names.is_empty(), "{claim}: no test");
        for name in names.split(", ") {
            let name = name.trim_matches('`');
            assert!(tests.contains(name), "{claim}: there is no test {name}");
        }
    }
}
