//! What each format makes of the real files, item by item: kinds, calls and results, runs.

mod adk;
mod anthropic;
mod atif;
mod bedrock;
mod claude_code;
mod google;
mod inspect;
mod langchain;
mod langgraph;
mod litellm;
mod mcp;
mod openai_agents;
mod openai_chat;
mod openai_responses;
mod opencode;
mod openhands;
mod otel_genai;
mod provider_response;
mod provider_stream;
mod run_state;
mod swe_agent;
mod unnumbered;
