//! Names of the GenAI semantic conventions, by what they mean.
//!
//! The conventions are renamed while they are in development; libraries lag behind and some have names
//! of their own. Each list has the newest name first, with the version that introduced it. A rename is
//! one more line here.

/// The names of one attribute, the preferred first.
pub type Attribute = &'static [&'static str];

pub const OPERATION: Attribute = &[
    "gen_ai.operation.name",   // 1.27
    "traceloop.span.kind",     // OpenLLMetry
    "openinference.span.kind", // OpenInference
    "llm.request.type",        // OpenLLMetry before 0.40
];
pub const PROVIDER: Attribute = &[
    "gen_ai.provider.name", // 1.37
    "gen_ai.system",        // 1.27, renamed in 1.37
    "llm.provider",         // OpenInference
];
pub const REQUEST_MODEL: Attribute = &[
    "gen_ai.request.model", // 1.27
    "llm.model_name",       // OpenInference
];
pub const RESPONSE_MODEL: Attribute = &["gen_ai.response.model"]; // 1.27
pub const RESPONSE: Attribute = &["gen_ai.response.id"]; // 1.27
pub const CONVERSATION: Attribute = &[
    "gen_ai.conversation.id", // 1.33
    "session.id",             // OpenInference
];
pub const AGENT: Attribute = &[
    "gen_ai.agent.name", // 1.31
    "agent.name",        // OpenInference
];
pub const USER: Attribute = &[
    "enduser.id", // 1.0
    "user.id",    // 1.27
];
pub const TOOL: Attribute = &[
    "gen_ai.tool.name", // 1.30
    "tool.name",        // OpenInference
];
pub const TOOL_CALL: Attribute = &[
    "gen_ai.tool.call.id", // 1.30
    "tool_call.id",        // OpenInference
];
pub const ERROR: Attribute = &["error.type", "exception.message"]; // 1.23
pub const INPUT_MESSAGES: Attribute = &[
    "gen_ai.input.messages", // 1.37
    "gen_ai.prompt",         // 1.27, renamed in 1.28
];
pub const OUTPUT_MESSAGES: Attribute = &[
    "gen_ai.output.messages", // 1.37
    "gen_ai.completion",      // 1.27, renamed in 1.28
];
/// What the attributes of an output begin with where each member is one.
pub const INDEXED_OUTPUT: Attribute = &[
    "gen_ai.completion.",   // OpenLLMetry
    "llm.output_messages.", // OpenInference
];
/// Types of a message's parts that are calls.
pub const CALL_PARTS: Attribute = &["tool_call"]; // 1.37
/// Types of a message's parts that are results.
pub const RESULT_PARTS: Attribute = &["tool_call_response", "tool_response"]; // 1.37

/// Whether an attribute counts tokens.
pub fn is_usage(name: &str) -> bool {
    ["gen_ai.usage.", "llm.usage."] // 1.27, OpenLLMetry
        .iter()
        .any(|prefix| name.starts_with(prefix))
}
