//! The forms of settings and filters in the words of JSON Schema: as `config/form.rs` reads them.

use crate::action::{AfterOutage, Kind, Occasion, Per};
use crate::config::form::{
    Anything, Count, FullName, Item, ListOf, ProjectId, ShortName, Size, Time,
};
use crate::config::network::{AllowEntry, DenyEntry};
use crate::config::project::Web;
use crate::config::reserved::Shared;
use crate::config::settings::{ProjectKey, Show, Variable};
use crate::outgoing::Language;
use crate::push::Change;
use crate::schema::{Form, words};
use serde_json::{Value, json};

impl Form for Time {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9]+ *[smhd]$" })
    }
}

impl Form for Size {
    fn schema() -> Value {
        json!({ "type": ["string", "integer"], "pattern": "^[0-9]+ *(B|[KMG]iB|[kMG]B)?$", "minimum": 0 })
    }
}

impl Form for Count {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }
}

impl Form for ProjectId {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": i32::MAX })
    }
}

impl<T: Item + Form> Form for ListOf<T> {
    fn schema() -> Value {
        let least = u8::from(!T::MAY_BE_EMPTY);
        json!({ "type": ["array", "string"], "items": T::schema(), "minItems": least, "minLength": least })
    }
}

impl Form for ShortName {
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "not": { "pattern": "^!*refs/(heads|tags)/" } })
    }
}

impl Form for FullName {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^!*(refs/|[*?{\\[\\\\])" })
    }
}

impl Form for Anything {
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

impl Form for Occasion {
    fn schema() -> Value {
        words::<Self>()
    }
}

impl Form for Change {
    fn schema() -> Value {
        words::<Self>()
    }
}

impl Form for Variable {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z0-9_]+$" })
    }
}

impl Form for ProjectKey {
    fn schema() -> Value {
        json!({ "enum": Self::words().collect::<Vec<_>>() })
    }
}

impl Form for DenyEntry {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^(!default|[0-9A-Fa-f:.]+(/[0-9]+)?)$" })
    }
}

impl Form for AllowEntry {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^([0-9A-Fa-f:.]+(/[0-9]+)?|[^!/:@ ][^/:@ ]*)$" })
    }
}

impl Form for Shared {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^(file|env|credential):." })
    }
}

impl Form for Kind {
    fn schema() -> Value {
        json!({ "enum": super::actions().map(|kind| kind.id).collect::<Vec<_>>() })
    }
}

impl Form for AfterOutage {
    fn schema() -> Value {
        words::<Self>()
    }
}

impl Form for Per {
    fn schema() -> Value {
        words::<Self>()
    }
}

impl Form for Show {
    fn schema() -> Value {
        words::<Self>()
    }
}

impl Form for Web {
    fn schema() -> Value {
        words::<Self>()
    }
}

impl Form for Language {
    fn schema() -> Value {
        words::<Self>()
    }
}
