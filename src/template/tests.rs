use super::*;
use serde_json::json;

const JSON: EscapeContext = EscapeContext::Json {
    clean: str::to_owned,
};
const TEXT: EscapeContext = EscapeContext::Text { escape: star };

/// A dialect in which `*` means something.
fn star(text: &str) -> String {
    text.replace('*', "\\*")
}

fn event() -> Value {
    json!({
        "ref": "refs/heads/feature/x", "deleted": false, "created": true, "compare": null, "total_commits": 2,
        "ratio": 1.5, "big": 12_345_678_901_234_567_890_u64, "empty": [],
        "commits": [
            {"id": "a1", "title": "Fix \"quote\" & <b> *", "added": ["src/a b.rs"], "url": "https://h/r_x/c(1)*"},
            {"id": "b2", "title": "中文 ${project.name} {% raw %}", "added": [], "url": "https://h/c2"}],
        "head_commit": {"message": "line one\nX-Evil: 1\\\u{1}\u{fdd3}\""},
        "project": {"name": "team/pay ments", "url": "https://git.example.com/team"},
        "evil": "..", "comma": ",", "quote": "\"", "backslash": "\\",
    })
}

fn text(template: &str) -> String {
    render(template, TEXT, &event(), 1 << 20).unwrap()
}

fn json_of(template: &str) -> Value {
    serde_json::from_str(&render(template, JSON, &event(), 1 << 20).unwrap()).unwrap()
}

fn why(template: &str, place: EscapeContext) -> String {
    render(template, place, &event(), 1 << 20).unwrap_err().why
}

#[test]
fn the_sample_of_the_specification_works_as_written_there() {
    let event = json!({"project": {"name": "演示"}});
    assert_eq!(
        render("测试模板 ${project.name}", TEXT, &event, 100).unwrap(),
        "测试模板 演示"
    );
}

#[test]
fn values_print_as_in_json_and_what_is_missing_prints_nothing() {
    for (template, printed) in [
        ("${created} ${deleted}", "true false"),
        (
            "${total_commits} ${ratio} ${big}",
            "2 1.5 12345678901234567890",
        ),
        (
            "[${compare}${nope}${nope.deep[3].er}${empty}${commits[1].added}]",
            "[]",
        ),
        ("${commits[0].added}", "[\"src/a b.rs\"]"),
        (
            "${nope | tojson} ${empty | tojson} ${ref | tojson}",
            "null [] \"refs/heads/feature/x\"",
        ),
        ("${commits[-1].id} ${commits | length}", "b2 2"),
        (
            "{{x}} $ $$ {x} $${total_commits} }}",
            "{{x}} $ $$ {x} $2 }}",
        ),
        ("${ \"${\" }", "${"),
        (
            "{% for c in commits %}\n- ${c.id}\n{% endfor %}\nend\n",
            "- a1\n- b2\nend",
        ),
        ("no template\n", "no template"),
    ] {
        assert_eq!(text(template), printed, "{template}");
    }
}

#[test]
fn truncate_counts_characters_and_split_takes_what_is_missing() {
    assert_eq!(text("${ commits[1].title | truncate(3) }"), "中文…");
    assert_eq!(
        text("${ 'abc' | truncate(3) }|${ 'abcd' | truncate(3, '') }|${ 'ab' | truncate(0) }"),
        "abc|abc|"
    );
    assert_eq!(text("${ ref | split('/') | last }"), "x");
    assert_eq!(
        text("${ nope | split('/') | length }${ nope | lines | length }"),
        "00"
    );
    assert_eq!(text("${ head_commit.message | lines | first }"), "line one");
    assert_eq!(
        text("${ 'a b  c' | split | join('+') }${ 'a-b-c' | split('-', 1) | last }"),
        "a+b+cb-c"
    );
    assert_eq!(
        text("${ ref | replace('/', '-', count=1) } ${ 'a\nb' | indent(2) }"),
        "refs-heads/feature/x a\n  b"
    );
}

#[test]
fn text_is_escaped_by_the_dialect_and_url_members_are_not() {
    assert_eq!(text("*${commits[0].title}*"), "*Fix \"quote\" & <b> \\**");
    assert_eq!(
        text("[x](${commits[0].url})"),
        "[x](https://h/r_x/c%281%29%2A)"
    );
    assert_eq!(
        text("{% macro m(t) %}*${t}*{% endmacro %}${ m('a*') }"),
        "*a\\**"
    );
    assert_eq!(text("{% set s %}*${'*'}{% endset %}${s}"), "*\\*");
}

#[test]
fn json_contents_stay_in_their_string() {
    let value = json_of(r#"{"m": "${head_commit.message}", "t": "${commits[0].title}"}"#);
    assert_eq!(value["m"], "line one\nX-Evil: 1\\\u{1}\u{fffd}\"");
    assert_eq!(value["t"], "Fix \"quote\" & <b> *");
    assert_eq!(
        json_of("{\"n\": ${total_commits}, \"d\": ${deleted}, \"c\": ${commits | tojson}}")["c"][1]
            ["id"],
        "b2"
    );
    assert_eq!(
        json_of("{\"c\": ${commits}}")["c"][0]["added"][0],
        "src/a b.rs"
    );
    assert_eq!(
        json_of(r#"{"c": "${commits[0].added}"}"#)["c"],
        r#"["src/a b.rs"]"#
    );
    assert_eq!(
        json_of(r#"{"c": "${ref | tojson}"}"#)["c"],
        r#""refs/heads/feature/x""#
    );
    let list = r#"[{% for c in commits %}{"id": "${c.id}"}${ "," if not loop.last }{% endfor %}]"#;
    assert_eq!(json_of(list)[1]["id"], "b2");
    assert_eq!(
        json_of(r#"{"x": "{% set s %}a"b${quote}{% endset %}${ s | upper }"}"#)["x"],
        "A\"B\\\""
    );
}

#[test]
fn text_of_the_push_cannot_leave_its_place() {
    assert!(why("{\"a\": ${ref}}", JSON).contains("outside of quotes"));
    assert!(why("[${head_commit.message}]", JSON).contains("outside of quotes"));
    assert!(why("[1 ${ref}", JSON).contains("outside of quotes"));
    assert!(why(r#"{"a": 1, "a": 2}"#, JSON).contains("repeats a key"));
    assert!(why(r#"[{"x": {"${comma}": 1, ",": 2}}]"#, JSON).contains("repeats a key"));
    assert!(why("{\"a\": ${compare}}", JSON).contains("not JSON"));
    let cleaned = EscapeContext::Json {
        clean: |t| t.replace('<', "‹"),
    };
    let out = render(
        r#"{"a": "${commits[0].title}", "b": ${commits[0].title | tojson}}"#,
        cleaned,
        &event(),
        999,
    );
    assert!(!out.unwrap().contains('<'));
}

/// A captured text is escaped already; no filter may take the escapes out and still have it taken for escaped.
#[test]
fn no_filter_opens_a_captured_text() {
    let filters = [
        "upper",
        "lower",
        "title",
        "capitalize",
        "trim('\\\\')",
        "replace('\\\\', '')",
        "split('\\\\') | join",
        "split('\\\\') | first",
        "lines | join",
        "list | join",
        "reverse",
        "last",
        "first",
        "indent(1)",
        "format",
        "string",
        "escape",
        "e",
        "truncate(1)",
        "truncate(2)",
        "default('x')",
        "batch(2)|first|join",
        "tojson",
        "list | reject('eq', '\\\\') | join",
        "unique | join",
        "sort | join",
        "slice(1)|first|join",
        "replace('\u{fdd2}', '')",
    ];
    for filter in filters {
        for source in ["quote", "backslash", "head_commit.message"] {
            for auto in ["true", "false", "'html'", "'none'"] {
                let template = format!(
                    r#"{{"a": "{{% autoescape {auto} %}}{{% set s %}}${{{source}}}{{% endset %}}${{ s | {filter} }}${{ s[1:] }}${{ s ~ s }}${{ {source} | {filter} }}{{% endautoescape %}}", "b": 1}}"#
                );
                match render(&template, JSON, &event(), 1 << 20) {
                    Ok(out) => {
                        let value: Value = serde_json::from_str(&out).unwrap();
                        assert_eq!(value.as_object().unwrap().len(), 2, "{template}");
                        assert_eq!(value["b"], 1, "{template}");
                    }
                    Err(error) => assert!(!error.why.contains("not JSON"), "{template}: {error}"),
                }
            }
        }
    }
}

#[test]
fn urls_encode_everything_but_the_slashes_of_the_project() {
    let url = |template: &str| render(template, EscapeContext::Url, &event(), 4096);
    assert_eq!(
        url("https://h/${project.name}?r=${ref}").unwrap(),
        "https://h/team/pay%20ments?r=refs%2Fheads%2Ffeature%2Fx"
    );
    assert_eq!(
        url("${project.url}/c?to=${project.url}").unwrap(),
        "https://git.example.com/team/c?to=https%3A%2F%2Fgit.example.com%2Fteam"
    );
    assert!(
        url("https://h/a/${evil}/b")
            .unwrap_err()
            .why
            .contains("path segment")
    );
    assert!(url("https://h/a/%2e${ '.' }").is_err());
    assert_eq!(url("https://h/?x=${evil}").unwrap(), "https://h/?x=..");
}

#[test]
fn a_template_never_chooses_the_receiver() {
    for good in [
        "https://h/${ref}",
        "https://h?${ref}",
        "http://u:p@h:1/",
        "${project.url}/x",
        "${ project.url }",
    ] {
        assert_eq!(in_authority(good), None, "{good}");
    }
    for (bad, range) in [
        ("${ref}://h/", 0..6),
        ("https://${ref}/", 8..14),
        ("https://h:${ref}/", 10..16),
        ("https://${ref}@h/", 8..14),
        ("https://h{% if ref %}", 9..21),
        ("${project.name}/x", 0..15),
        ("h/${ref}", 2..8),
    ] {
        assert_eq!(in_authority(bad), Some(range), "{bad}");
    }
}

#[test]
fn headers_hold_no_line_ends() {
    let header = |template: &str| render(template, EscapeContext::Header, &event(), 4096);
    assert_eq!(
        header("m: ${head_commit.message}").unwrap(),
        "m: line one X-Evil: 1\\ \u{fdd3}\""
    );
    assert!(header("a\nb ${ref}").is_err());
    assert!(header("a\nb").is_err());
}

#[test]
fn a_template_is_json_by_its_own_text() {
    for json in [
        "{",
        " \n{\"a\"",
        "{% set x = 1 %}{}",
        "{# c #} {% if x %}[{",
        "[[1]]",
        "[\"a\"]",
        "[ {",
        "[{% for %}…]\n",
        "\u{feff}{}",
    ] {
        assert!(is_json(json), "{json}");
    }
    for text in [
        "",
        "x",
        "${a}",
        "[1]",
        "[x](u)",
        "[{% for %}…",
        "{% raw",
        "{#标题}",
        "{# c #}x",
        "[${x}]",
        "测试",
    ] {
        assert!(!is_json(text), "{text}");
    }
}

#[test]
fn mistakes_are_reported_with_their_place_and_without_the_source() {
    let template = "ok\n${ ref | truncat(3) }";
    let error = compile(template)
        .and_then(|()| render(template, TEXT, &event(), 99))
        .unwrap_err();
    assert_eq!(error.why, "unknown filter: filter truncat is unknown");
    assert_eq!(&template[error.range.unwrap()], "truncat(3)");
    for broken in [
        "${ ref",
        "${#x}",
        "{% for c in %}",
        "{% if %}",
        "a ${ b c }",
        "${$.a}",
        "{% endfor %}",
        "{#标题}",
    ] {
        let error = compile(broken).unwrap_err();
        assert!(
            error.range.is_some() && !error.too_large,
            "{broken}: {error:?}"
        );
    }
    assert!(
        compile("{#标题}")
            .unwrap_err()
            .why
            .contains("begins a comment")
    );
    assert!(compile(&"x".repeat(MAX_TEMPLATE + 1)).is_err());
    assert!(compile("\u{fdd0}").is_err());
}

#[test]
fn a_template_may_ask_for_more_than_there_is_room_for() {
    for (template, limit) in [
        ("${ ref }", 3),
        ("{% for i in range(9999) %}xxxxxxxxxx{% endfor %}", 5000),
        (
            "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
            5000,
        ),
        (
            "{% set x %}{% for i in range(99999) %}${head_commit.message}{% endfor %}{% endset %}${x}",
            5000,
        ),
        (
            "{% set x = [commits, commits] %}{% set x = [x, x, x, x] %}${x | tojson}",
            300,
        ),
    ] {
        let error = render(template, TEXT, &event(), limit).unwrap_err();
        assert!(error.too_large, "{template}: {error:?}");
    }
}

#[test]
fn hostile_templates_neither_abort_nor_hang() {
    let nested = (0..40)
        .map(|i| format!("{{% set a{} = [a{i}, a{i}] %}}", i + 1))
        .collect::<Vec<_>>()
        .concat();
    for template in [
        format!("${{ 1{} }}", "+1".repeat(30_000)),
        format!("${{ {}1 }}", "-".repeat(60_000)),
        format!("${{ {}1 }}", "not ".repeat(15_000)),
        format!("${{ ref{} }}", " | upper".repeat(7_000)),
        format!("${{ ref{} }}", ".a".repeat(30_000)),
        format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(5_000)),
        format!("${{ {}{} }}", "[".repeat(30_000), "]".repeat(30_000)),
        format!("${{ {}1{} }}", "(".repeat(30_000), ")".repeat(30_000)),
        format!("{{% set a0 = [ref] %}}{nested}${{ a40 | tojson }}"),
        "${ commits | tojson(indent=300000000000) }".to_owned(),
        "${ 'x' | indent(300000000000) }${ 'x' | indent(width=300000000000) }".to_owned(),
        "${ '%300000000000d' | format(1) }".to_owned(),
        "${ 'x' * 300000000000 }".to_owned(),
        "${ 'aaaa' | replace('a', ref * 100000) }".to_owned(),
        "{% macro m() %}${ m() }{% endmacro %}${ m() }".to_owned(),
        "{% for i in range(300000000000) %}x{% endfor %}".to_owned(),
        "${ [1, 'a', nope, commits] | sort | join }".to_owned(),
        "${ loop }${ range }".to_owned(),
        format!("{}${{x}}", "\n".repeat(65_000)),
        "${ 1 / 0 } ${ 1 % 0 } ${ 2 ** 9999 } ${ -9223372036854775808 // -1 }".to_owned(),
        "{% include 'x' %}{% extends 'y' %}".to_owned(),
    ] {
        let short = template.chars().take(60).collect::<String>();
        let start = std::time::Instant::now();
        let _ = compile(&template);
        let _ = render(&template, JSON, &event(), 1 << 20);
        let _ = unknown_names(&template, &[event()]);
        assert!(start.elapsed().as_secs() < 10, "{short}");
    }
}

#[test]
fn names_that_no_event_has_are_found_with_their_place() {
    for (template, place, hint) in [
        (
            "${head_comit.message}",
            "head_comit",
            "did you mean `head_commit`?",
        ),
        (
            "${head_commit.mesage}",
            "mesage",
            "did you mean `head_commit.message`?",
        ),
        (
            "x mesage ${'mesage'} ${head_commit['mesage']}",
            "mesage",
            "`head_commit.mesage`",
        ),
        (
            "{% for c in commits %}\n${c.titel}{% endfor %}",
            "titel",
            "no event has `commits[].titel`, did you mean `commits[].title`?",
        ),
        (
            "${commits | map(attribute='idd') | join}",
            "idd",
            "did you mean `commits[].id`?",
        ),
        (
            "{% if deleted %}${bfore}{% endif %}",
            "bfore",
            "no event has `bfore`",
        ),
        ("${(commits | first).idd}", "idd", "`commits[].idd`"),
        ("${ nope | default('x') }", "nope", "no event has `nope`"),
        (
            "${ commits | sort(attribute='idd') | length }",
            "idd",
            "`commits[].idd`",
        ),
        ("${ ref | truncat }", "truncat", "unknown filter"),
    ] {
        let found = unknown_names(template, &[event()]);
        assert_eq!(found.len(), 1, "{template}: {found:?}");
        assert!(found[0].why.contains(hint), "{template}: {found:?}");
        assert_eq!(
            &template[found[0].range.clone().unwrap()],
            place,
            "{template}"
        );
    }
    for fine in [
        "${compare} ${commits[7].title} {% for i in range(3) %}${loop.index}{% endfor %}",
        "{% set x = commits[0] %}${x.id}{% macro m(a) %}${a}{% endmacro %}${m(1)}",
        "{% for k, v in project | items %}${k}=${v}{% endfor %}${project | tojson}",
    ] {
        assert_eq!(unknown_names(fine, &[event()]), [], "{fine}");
    }
}

#[test]
fn comments_that_look_like_text_are_found() {
    let found = odd_comments("{# fine #}{#- fine #}{#标题}");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0], 21..23);
}

#[test]
fn a_template_reads_a_name_only_where_it_is_evaluated() {
    assert!(reads(
        "{% for u in updates %}${u.ref}{% endfor %}",
        "updates"
    ));
    assert!(!reads("updates ${ref} ${project.updates}", "updates"));
    assert!(!reads("updates", "updates"));
}
