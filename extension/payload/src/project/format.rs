//! The registry of formats: each is one file of code and one line here.

use super::{
    Event, Problem, adk, anthropic, atif, bedrock, claude_code, conversation_events, google,
    inspect, langchain, langgraph, litellm, mcp, message_parts, native, openai_agents, openai_chat,
    openai_responses, opencode, openhands, otel_genai, provider_response, provider_stream,
    replay_io, swe_agent,
};
use crate::jsonb::Value;

/// A format that [`super::project`] knows.
#[derive(Debug)]
pub struct Format {
    pub name: &'static str,
    /// Names that it also goes by in transcripts. One that ends in `/` stands for every name that
    /// begins with it.
    pub aliases: &'static [&'static str],
    pub description: &'static str,
    /// Fills the columns of an event from one item.
    pub(super) project: for<'a> fn(&mut Event<'a>, Value<'a>) -> Result<(), Problem>,
}

/// Every format.
pub static FORMATS: &[&Format] = &[
    &native::FORMAT,
    &openai_agents::FORMAT,
    &openai_chat::FORMAT,
    &message_parts::FORMAT,
    &opencode::FORMAT,
    &conversation_events::FORMAT,
    &replay_io::FORMAT,
    &otel_genai::FORMAT,
    &langgraph::FORMAT,
    &inspect::FORMAT,
    &openhands::FORMAT,
    &swe_agent::FORMAT,
    &atif::FORMAT,
    &adk::FORMAT,
    &litellm::FORMAT,
    &openai_responses::FORMAT,
    &anthropic::FORMAT,
    &google::FORMAT,
    &bedrock::FORMAT,
    &mcp::FORMAT,
    &provider_stream::FORMAT,
    &provider_response::FORMAT,
    &claude_code::FORMAT,
    &langchain::FORMAT,
];

impl Format {
    /// The format of that name or alias.
    pub fn named(name: &str) -> Option<&'static Format> {
        let goes_by = |alias: &&str| match alias.strip_suffix('/') {
            Some(_) => name.starts_with(*alias),
            None => *alias == name,
        };
        let exact = |format: &&&Format| format.name == name || format.aliases.contains(&name);
        FORMATS
            .iter()
            .find(exact)
            .or_else(|| FORMATS.iter().find(|f| f.aliases.iter().any(goes_by)))
            .copied()
    }
}
