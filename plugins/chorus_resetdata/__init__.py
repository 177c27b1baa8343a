"""Language models of any server with the OpenAI API: ResetData, vLLM, llama.cpp, LM Studio, OpenRouter."""
