// A client assertion as a stranger sends it; then the text as header, line feed and payload of one whose signature
// holds.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/form.hpp"
#include "oauth/client_auth/assertion.hpp"
#include "oauth/client_auth/credential.hpp"

namespace {

namespace oauth = certbound::oauth;

void require(bool holds) {
  if (!holds) std::abort();
}

oauth::AssertionExpectation make_expectation() {
  oauth::AssertionExpectation expectation;
  expectation.client_id = "batch";
  expectation.issuer = "https://as.example.com";
  expectation.now = certbound::WallTime{std::chrono::seconds{1700000000}};
  return expectation;
}

void try_claims(std::string_view text) {
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return;
  const std::string header{text.substr(0, line)};
  const std::string payload{text.substr(line + 1)};
  oauth::AssertionExpectation expectation = make_expectation();
  const auto use = oauth::check_assertion_claims(header, payload, expectation);
  if (!use) {
    require(use.error().code == certbound::ErrorCode::invalid_client);
    return;
  }
  // Valid now, for five minutes at the most, and only for this client, issuer and time.
  require(use->until > expectation.now && use->until <= use->issued_at + oauth::kLongestAssertion);
  expectation.now = use->until;
  require(!oauth::check_assertion_claims(header, payload, expectation));
  expectation = make_expectation();
  expectation.client_id = "other";
  require(!oauth::check_assertion_claims(header, payload, expectation));
  expectation = make_expectation();
  expectation.issuer = "https://as.example.com/";
  require(!oauth::check_assertion_claims(header, payload, expectation));
}

/// The header of a client that authenticates by a secret.
void try_header(std::string_view text) {
  certbound::http::Request request;
  request.headers.emplace_back("authorization", std::string{text});
  const auto form = certbound::http::parse_form("", "application/x-www-form-urlencoded");
  const auto credential = oauth::read_credential(request, *form);
  if (!credential || credential->kind != oauth::Credential::Kind::basic) return;
  require(!credential->client_id.empty() && !credential->secret.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  // Nobody's key: whatever it is, it is refused.
  require(!oauth::check_assertion(text, {}, make_expectation()));
  static_cast<void>(oauth::peek_subject(text));
  try_claims(text);
  try_header(text);
  return 0;
}
