//! Keys by which the members of an object tell what the one beside them is.

/// Keys of opaque data that models and SDKs send back and forth, and need unchanged.
pub(super) const BINARY_KEYS: [&str; 5] = [
    "encrypted_content",
    "signature",
    "thoughtSignature",
    "thought_signature",
    "reasoning_opaque",
];
/// Keys that name what a value beside them is, in the order they are asked for.
pub(super) const NAMES: [&str; 24] = [
    "name",
    "key",
    "field",
    "header",
    "Name",
    "Key",
    "variable",
    "param",
    "parameter",
    "attribute",
    "envVar",
    "label",
    "property",
    "setting",
    "option",
    "variable_name",
    "ParameterKey",
    "ParameterName",
    "OptionName",
    "headerName",
    "field_name",
    "fieldName",
    "attr",
    "NAME",
];
/// Keys that may name a value beside them, and mostly mean something else.
pub(super) const HINTS: [&str; 12] = [
    "id",
    "path",
    "selector",
    "type",
    "title",
    "element",
    "column",
    "placeholder",
    "env",
    "k",
    "config_key",
    "KeyName",
];
pub(super) const VALUES: [&str; 20] = [
    "value",
    "val",
    "new_value",
    "newValue",
    "old_value",
    "oldValue",
    "Value",
    "string_value",
    "stringValue",
    "plaintext",
    "defaultValue",
    "current_value",
    "variable_value",
    "ParameterValue",
    "headerValue",
    "config_value",
    "KeyValue",
    "field_value",
    "fieldValue",
    "VALUE",
];
/// Keys that hold a value at times, and mostly text.
pub(super) const CONTENTS: [&str; 10] = [
    "v", "text", "content", "data", "input", "default", "new", "old", "from", "to",
];
/// Keys under which a secret itself stands in an object under its name.
pub(super) const CHANGES: [&str; 8] = [
    "new", "old", "before", "after", "from", "to", "current", "previous",
];
/// Attributes of values that come as objects (OpenTelemetry).
pub(super) const WRAPPERS: [&str; 3] = ["arrayValue", "values", "kvlistValue"];
pub(super) const MEDIA_TYPES: [&str; 5] = [
    "media_type",
    "mime_type",
    "mimeType",
    "mediaType",
    "content_type",
];
