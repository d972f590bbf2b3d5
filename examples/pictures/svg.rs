//! Scalable pictures of text. Knows nothing of what is written.

use std::fmt::Write;

/// A run of characters that look alike.
pub struct Run {
    pub text: String,
    pub colour: &'static str,
    pub bold: bool,
    /// Where it begins; `None`: right behind the one before.
    pub x: Option<f64>,
    /// How wide it is drawn, where that must not depend on the reader's fonts.
    pub width: Option<f64>,
}

/// A picture in the making.
pub struct Picture {
    body: String,
    width: f64,
    height: f64,
}

impl Picture {
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            body: String::new(),
            width,
            height,
        }
    }

    pub fn box_at(&mut self, x: f64, y: f64, width: f64, height: f64, radius: f64, colour: &str) {
        let _ = writeln!(
            self.body,
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" fill="{colour}"/>"#
        );
    }

    pub fn dot(&mut self, x: f64, y: f64, radius: f64, colour: &str) {
        let _ = writeln!(
            self.body,
            r#"<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}"/>"#
        );
    }

    /// A line of text on its base line.
    pub fn line(&mut self, x: f64, y: f64, size: f64, family: &str, runs: &[Run]) {
        let _ = write!(
            self.body,
            r#"<text x="{x}" y="{y}" font-size="{size}" font-family="{family}" xml:space="preserve">"#
        );
        for run in runs {
            let place = run.x.map(|x| format!(r#" x="{x:.1}""#)).unwrap_or_default();
            let width = run
                .width
                .map(|w| format!(r#" textLength="{w:.1}" lengthAdjust="spacingAndGlyphs""#));
            let weight = if run.bold {
                r#" font-weight="bold""#
            } else {
                ""
            };
            let _ = write!(
                self.body,
                r#"<tspan{place}{} fill="{}"{weight}>{}</tspan>"#,
                width.unwrap_or_default(),
                run.colour,
                escape(&run.text)
            );
        }
        self.body.push_str("</text>\n");
    }

    pub fn finish(self, title: &str) -> String {
        let Self {
            body,
            width,
            height,
        } = self;
        let title = escape(title);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{title}</title>\n{body}</svg>\n"
        )
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
