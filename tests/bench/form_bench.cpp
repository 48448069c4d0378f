#include <string>

#include <benchmark/benchmark.h>

#include "http/form.hpp"
#include "http/json_response.hpp"
#include "http/response.hpp"

namespace certbound::http {

namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

void parse_token_form(benchmark::State& state) {
  const std::string body =
      "grant_type=client_credentials&client_id=partner-etl&scope=orders.read+orders.write&resource="
      "https%3A%2F%2Fapi.example.com";
  if (!parse_form(body, kFormType)) return state.SkipWithError("not a form");
  for (auto _ : state) benchmark::DoNotOptimize(parse_form(body, kFormType));
}
BENCHMARK(parse_token_form);

// The most that one request can ask for: 64 parameters in 64 KiB.
void parse_largest_form(benchmark::State& state) {
  std::string body;
  for (int i = 0; i < 64; ++i) body += "parameter" + std::to_string(i) + "=" + std::string(1000, 'x') + "&";
  if (!parse_form(body, kFormType)) return state.SkipWithError("not a form");
  for (auto _ : state) benchmark::DoNotOptimize(parse_form(body, kFormType));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(parse_largest_form);

void append_token_response(benchmark::State& state) {
  Response response{200, kJson, std::string(900, 'x')};
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("Pragma", "no-cache");
  std::string bytes;
  for (auto _ : state) {
    RenderContext context;
    context.request_id = "0123456789012345678901";
    context.date = http_date_now();
    bytes.clear();
    append_response(bytes, response, context);
    benchmark::DoNotOptimize(bytes.data());
  }
}
BENCHMARK(append_token_response);

}  // namespace

}  // namespace certbound::http
