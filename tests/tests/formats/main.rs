//! What each format makes of the real files, item by item: kinds, calls and results, runs.

mod anthropic;
mod bedrock;
mod claude_code;
mod google;
mod inspect_messages;
mod invariant;
mod langchain;
mod mcp;
mod openai_chat;
mod openai_chat_exchanges;
mod openai_responses;
mod opencode;
mod projected;
mod provider_response;
mod provider_stream;
mod swe_history;
