#include "cli/token_input.hpp"

#include <future>
#include <iostream>

#include "base/file.hpp"
#include "base/metrics.hpp"
#include "fetch/client.hpp"
#include "fetch/url.hpp"
#include "verifier/deny_feed.hpp"

namespace certbound::cli {

namespace {

constexpr std::size_t kMaximumInputBytes = 1UL << 20;
constexpr std::size_t kMaximumDocumentBytes = verifier::kMaximumFeedBytes;  // the largest there are

Result<std::string> fetch_document(const std::string& option, const std::string& text, const std::string& ca_file) {
  const auto url = fetch::parse_url(text);
  if (!url) return invalid_input(option + ": " + url.error().detail);
  fetch::Options options;
  options.allow = {fetch::render_authority(*url)};
  options.ca_file = ca_file;
  const auto settings = fetch::make_settings(std::move(options));
  if (!settings) return settings.error();
  metrics::Registry unread;
  fetch::Client client{*settings, unread};
  fetch::Request request;
  request.url = text;
  request.max_body_bytes = kMaximumDocumentBytes;
  std::promise<fetch::Outcome> answered;
  auto answer = answered.get_future();
  client.fetch(std::move(request), [&answered](const fetch::Outcome& outcome) { answered.set_value(outcome); });
  fetch::Outcome outcome = answer.get();
  if (outcome.is_ok()) return std::move(outcome.body);
  return invalid_input(option + ": " + fetch::render_for_log(*url) + ": " + std::string{fetch::name(outcome.failure)} +
                       ": " + outcome.detail);
}

}  // namespace

std::string read_standard_input() {
  std::string text(kMaximumInputBytes, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  text.erase(text.find_last_not_of(" \r\n") + 1);
  return text;
}

std::string read_token(const std::string& argument) { return argument == "-" ? read_standard_input() : argument; }

Result<std::string> load_document(const Arguments& arguments, const std::string& option) {
  const std::string place = arguments.value(option);
  if (place.find("://") == std::string::npos) return load_file(place, kMaximumDocumentBytes);
  return fetch_document(option, place, arguments.value("--jwks-ca"));
}

}  // namespace certbound::cli
