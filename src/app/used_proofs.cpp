#include "app/used_proofs.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/file.hpp"
#include "base/log.hpp"
#include "oauth/client_auth/assertion.hpp"

namespace certbound::app {

namespace {

constexpr std::size_t kMostMarkOctets = 64;
constexpr std::string_view kRunning = "running\n";
constexpr std::chrono::minutes kNonceLifetime{5};

/// By some seconds it is a client whose clock is ahead; by more it is ours, and only an operator can tell whether what
/// was taken under the wrong time may come again.
void warn_of_later(WallTime latest) {
  log::warning("replays_unknown",
               {{"until", to_rfc3339(latest)},
                {"detail",
                 "an assertion or DPoP proof with that date was taken before the restart, so none that is older "
                 "is taken; where the clock was set back, stop the server and remove the file `replays`"}});
}

/// Nothing that was made up to then is taken.
Result<WallTime> read_mark(const std::filesystem::path& file, WallTime now) {
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) return WallTime{};  // nothing was ever taken
  const auto text = load_file(file, kMostMarkOctets);
  if (!text) return text.error();
  if (text->ends_with('\n')) {
    if (const auto latest = parse_time(std::string_view{*text}.substr(0, text->size() - 1))) {
      if (*latest > now) warn_of_later(*latest);
      return *latest;
    }
  }
  const WallTime until = now + std::max(oauth::kAssertionAhead, proof::DpopExpectation().ahead);
  log::warning("replays_unknown", {{"until", to_rfc3339(until)},
                                   {"detail",
                                    "the server did not end in good order, so which assertions and DPoP "
                                    "proofs it took is not known; none is taken until then"}});
  return until;
}

}  // namespace

UsedProofs::UsedProofs(std::filesystem::path file, std::size_t capacity, WallTime accepted_after,
                       metrics::Registry& registry, proof::NonceMaker nonces)
    : file_{std::move(file)}, replays_{capacity, accepted_after, registry}, nonces_{std::move(nonces)} {}

Result<std::unique_ptr<UsedProofs>> UsedProofs::open(const std::filesystem::path& state_dir, std::size_t capacity,
                                                     metrics::Registry& registry, WallTime now) {
  const std::filesystem::path file = state_dir / "replays";
  const auto accepted_after = read_mark(file, now);
  if (!accepted_after) return accepted_after.error();
  auto nonces = proof::NonceMaker::make("certbound token endpoint", kNonceLifetime);
  if (!nonces) return std::move(nonces).error();
  if (auto marked = replace_file(file, {kRunning}, 0600); !marked) return std::move(marked).error();
  return std::unique_ptr<UsedProofs>{new UsedProofs{file, capacity, *accepted_after, registry, *std::move(nonces)}};
}

void UsedProofs::close() {
  const std::string text = std::to_string(unix_seconds(replays_.latest())) + "\n";
  if (const auto noted = replace_file(file_, {text}, 0600); !noted) {
    log::error("replays_not_noted", {{"detail", noted.error().detail}});
  }
}

}  // namespace certbound::app
