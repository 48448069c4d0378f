#include "app/fetching.hpp"

#include <utility>

#include "base/log.hpp"

namespace certbound::app {

namespace {

FetchedCopies open_copies(const std::filesystem::path& state_dir) {
  FetchedCopies copies{state_dir};
  if (const auto prepared = copies.prepare(); !prepared) {
    log::warning("fetched_copies_not_kept", {{"detail", prepared.error().detail}});
  }
  return copies;
}

}  // namespace

Fetching::Fetching(const std::filesystem::path& state_dir, std::shared_ptr<const fetch::Settings> settings,
                   MainLoop& loop, metrics::Registry& registry, CrlFetcher::OnNew on_new_crls,
                   KeyFetcher::OnAttempt on_keys)
    : copies_{open_copies(state_dir)},
      client_{settings, registry},
      ocsp_client_{std::move(settings), registry},
      ocsp_{ocsp_client_, registry},
      crl_work_{make_fetch_work()},
      key_work_{make_fetch_work()},
      crls_{FetchTools{client_, *crl_work_, loop, copies_}, registry, std::move(on_new_crls)},
      keys_{FetchTools{client_, *key_work_, loop, copies_}, registry, std::move(on_keys)} {}

Fetching::~Fetching() { stop(); }

void Fetching::publish(const std::shared_ptr<const fetch::Settings>& settings) {
  client_.publish(settings);
  ocsp_client_.publish(settings);
}

void Fetching::stop() {
  client_.stop();
  ocsp_client_.stop();
  crl_work_->stop();
  key_work_->stop();
}

}  // namespace certbound::app
