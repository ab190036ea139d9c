//! What each format makes of the real files, item by item: kinds, calls and results, runs.

mod anthropic;
mod bedrock;
mod claude_code;
mod google;
mod langchain;
mod mcp;
mod openai_chat;
mod openai_responses;
mod projected;
mod provider_response;
mod provider_stream;
