#include "verifier/key_ring.hpp"

#include <exception>
#include <utility>

#include "verifier/refusal.hpp"

namespace certbound::verifier {

namespace {

Result<std::string> ask_source(const FetchKeys& fetch) {
  if (!fetch) return invalid_input("there is no fetch_keys to ask");
  try {
    auto text = fetch();
    if (!text || text->empty()) return invalid_input("fetch_keys gave nothing");
    return *std::move(text);
  } catch (const std::exception& exception) {
    return invalid_input(std::string{"fetch_keys: "} + exception.what());
  }
}

}  // namespace

// A clock that was set back must not keep the source from being asked.
bool KeyRing::may_ask(Time now) const {
  return options_.fetch && (!asked_at_ || now < *asked_at_ || now - *asked_at_ >= options_.minimum_interval);
}

bool KeyRing::is_refresh_due(Time now) const {
  return may_ask(now) && (!current_ || now < loaded_at_ || now - loaded_at_ >= options_.refresh_interval);
}

bool KeyRing::is_too_old(Time now) const { return options_.fetch && now - loaded_at_ >= options_.maximum_age; }

std::shared_ptr<const KeySet> KeyRing::take(Time now) {
  {
    const std::lock_guard lock{mutex_};
    if (!is_refresh_due(now)) return is_too_old(now) ? nullptr : current_;
  }
  try_refresh(now, &KeyRing::is_refresh_due);
  const std::lock_guard lock{mutex_};
  return is_too_old(now) ? nullptr : current_;
}

std::shared_ptr<const KeySet> KeyRing::find_newer(const std::shared_ptr<const KeySet>& seen, Time now) {
  {
    const std::lock_guard lock{mutex_};
    if (current_ != seen || !may_ask(now)) return current_;
  }
  try_refresh(now, &KeyRing::may_ask);
  const std::lock_guard lock{mutex_};
  return current_;
}

void KeyRing::try_refresh(Time now, bool (KeyRing::*is_due)(Time) const) {
  const std::unique_lock asking{asking_, std::try_to_lock};
  if (!asking) return;
  {
    // Another thread may have come first.
    const std::lock_guard lock{mutex_};
    if (!(this->*is_due)(now)) return;
  }
  // Why not is kept for status(); the last good keys serve on.
  (void)ask(now).has_value();
}

Result<void> KeyRing::refresh(Time now) {
  const std::lock_guard asking{asking_};
  return ask(now);
}

Result<void> KeyRing::ask(Time now) {
  {
    const std::lock_guard lock{mutex_};
    asked_at_ = now;
  }
  auto text = ask_source(options_.fetch);
  if (text) return replace(*std::move(text), now);
  const std::lock_guard lock{mutex_};
  problem_ = make_log_line(text.error().detail);
  return std::move(text).error();
}

Result<void> KeyRing::replace(std::string jwks, Time now) {
  auto installed = install(std::move(jwks), now);
  const std::lock_guard lock{mutex_};
  problem_ = installed ? std::string{} : make_log_line(installed.error().detail);
  return installed;
}

Result<void> KeyRing::install(std::string jwks, Time now) {
  {
    const std::lock_guard lock{mutex_};
    if (current_ && current_->text == jwks) {  // confirmed; what was verified with it stays known
      loaded_at_ = now;
      return {};
    }
  }
  auto set = load_key_set(std::move(jwks), options_.cached_tokens);
  if (!set) return std::move(set).error();
  const std::lock_guard lock{mutex_};
  current_ = *std::move(set);
  loaded_at_ = now;
  return {};
}

KeyStatus KeyRing::status() const {
  const std::lock_guard lock{mutex_};
  KeyStatus status;
  status.problem = problem_;
  if (!current_) return status;
  status.keys = current_->keys.size();
  status.loaded_at = loaded_at_;
  status.skipped = current_->skipped;
  return status;
}

}  // namespace certbound::verifier
