#include "app/used_proofs.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
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

/// What an orderly end has noted; nothing where there was none.
Result<std::optional<WallTime>> read_note(const std::filesystem::path& file) {
  const auto text = load_file(file, kMostMarkOctets);
  if (!text) return text.error();
  if (!text->ends_with('\n')) return std::optional<WallTime>{};
  const auto latest = parse_time(std::string_view{*text}.substr(0, text->size() - 1));
  return latest ? std::optional{*latest} : std::nullopt;
}

/// Nothing that was made up to then is taken.
Result<WallTime> read_mark(const std::filesystem::path& file, WallTime now, UsedProofs::History history) {
  std::error_code error;
  const bool is_there = std::filesystem::exists(file, error) || error;
  if (!is_there && history == UsedProofs::History::none) return WallTime{};  // nothing was ever taken
  const auto noted = is_there ? read_note(file) : Result<std::optional<WallTime>>{std::optional<WallTime>{}};
  if (!noted) return noted.error();
  if (*noted) {
    if (**noted > now) warn_of_later(**noted);
    return **noted;
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
    : file_{std::move(file)},
      accepted_after_{accepted_after},
      replays_{capacity, accepted_after, registry},
      nonces_{std::move(nonces)} {}

Result<std::unique_ptr<UsedProofs>> UsedProofs::open(const std::filesystem::path& state_dir, std::size_t capacity,
                                                     metrics::Registry& registry, WallTime now, History history) {
  const std::filesystem::path file = state_dir / "replays";
  const auto accepted_after = read_mark(file, now, history);
  if (!accepted_after) return accepted_after.error();
  auto nonces = proof::NonceMaker::make("certbound token endpoint", kNonceLifetime);
  if (!nonces) return std::move(nonces).error();
  if (auto marked = replace_file(file, {kRunning}, 0600); !marked) return std::move(marked).error();
  return std::unique_ptr<UsedProofs>{new UsedProofs{file, capacity, *accepted_after, registry, *std::move(nonces)}};
}

void UsedProofs::close(WallTime latest_at_verifiers) {
  const WallTime latest = std::max(replays_.latest(), latest_at_verifiers);
  const std::string text = std::to_string(unix_seconds(latest)) + "\n";
  if (const auto noted = replace_file(file_, {text}, 0600); !noted) {
    log::error("replays_not_noted", {{"detail", noted.error().detail}});
  }
}

}  // namespace certbound::app
