#include "app/worker_pool.hpp"

#include <atomic>

#include <gtest/gtest.h>

#include "app/build_snapshot.hpp"
#include "app/used_proofs.hpp"
#include "store/memory/memory_store.hpp"
#include "support/ocsp_source.hpp"
#include "unit/app/files.hpp"

namespace certbound::app {

namespace {

using certbound::test::kNow;

template <typename T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error{result.error().detail};
  return *std::move(result);
}

}  // namespace

class WorkerPoolTest : public testing::Test {
 protected:
  [[nodiscard]] Generation generation_of(const config::Config& config, std::uint64_t number) {
    Checked checked;
    checked.config = config;
    checked.materials = load_materials(config, kNow).materials;
    const KeyPolicy policy = make_key_policy(config);
    const KeyRing::Plan plan = value_of(ring_.plan(policy, read_key_clock(), Rotation::due));
    if (!ring_.store(plan)) throw std::runtime_error{"the keys were not stored"};
    return value_of(make_generation(std::move(checked), {plan.snapshot_keys(), libraries_, proofs_}, number));
  }

  std::vector<crypto::LibraryContext> libraries_ = make_libraries(2);
  std::shared_ptr<gate::ProofMemory> proofs_ = std::make_shared<gate::ProofMemory>();
  Files files_;
  metrics::Registry registry_;
  oauth::Health health_;
  std::unique_ptr<store::Store> store_ = value_of(store::memory::make_memory_store());
  KeyRing ring_ = value_of(KeyRing::load(store_->keys(), {}, read_key_clock()));
  std::unique_ptr<store::Executor> executor_ = value_of(store::make_executor(*store_, store::ExecutorOptions()));
  std::unique_ptr<audit::Writer> audit_ =
      value_of(audit::Writer::open(files_.path("audit.jsonl"), audit::Options{}, registry_));
  store::SeenRecorder seen_{value_of(store_->make_seen_store()), registry_};
  test::ScriptedOcsp ocsp_;
  store::DenialRecorder denials_{value_of(store_->make_denial_store()), {}, [](auto, auto) {}, registry_};
  std::unique_ptr<UsedProofs> used_ =
      value_of(UsedProofs::open(files_.path(""), 1000, registry_, kNow, UsedProofs::History::none));
  Shared shared_{*audit_, *executor_, ocsp_, seen_, denials_, used_->tools(), registry_, health_};
};

TEST_F(WorkerPoolTest, HasAsManyWorkersAsWereAskedFor) {
  config::Config config = files_.config();
  EXPECT_EQ((WorkerPool{3, config.limits, shared_}.size()), 3U);
  config.workers = 3;
  EXPECT_EQ(worker_count(config), 3U);
  config.workers = 0;
  EXPECT_GE(worker_count(config), 1U);
}

TEST_F(WorkerPoolTest, StartsTakesANewGenerationAndDrains) {
  const config::Config config = files_.config();
  WorkerPool pool{2, config.limits, shared_};
  const Generation first = generation_of(config, 1);
  ASSERT_TRUE(pool.bind(first));
  std::atomic<int> failures{0};
  const auto started =
      pool.start(first, {}, std::make_shared<const oauth::DenyList>(), [&failures](const std::string&) { ++failures; });
  ASSERT_TRUE(started) << started.error().detail;
  const Generation second = generation_of(config, 2);
  // Returns when every worker has it: each let go of the first.
  auto prepared = value_of(pool.prepare(second.snapshot));
  pool.hold();
  pool.publish(second, std::move(prepared), {});
  EXPECT_EQ(first.snapshot.use_count(), 1);
  EXPECT_GT(second.snapshot.use_count(), 2);
  const auto denied = std::make_shared<const oauth::DenyList>();
  pool.publish_denied(denied);
  EXPECT_EQ(denied.use_count(), 3);
  pool.drain();
  // Nobody is left who could take it, and nobody is waited for.
  pool.publish_denied(std::make_shared<const oauth::DenyList>());
  EXPECT_EQ(failures.load(), 0);
}

TEST_F(WorkerPoolTest, NeedsNoOperationsListener) {
  config::Config config = files_.config();
  config.operations.address = "none";
  WorkerPool pool{2, config.limits, shared_};
  EXPECT_TRUE(pool.bind(generation_of(config, 1)));
}

TEST_F(WorkerPoolTest, SaysWhichAddressItCannotBind) {
  config::Config config = files_.config();
  config.operations.address = "192.0.2.1:9090";
  WorkerPool operations{2, config.limits, shared_};
  const auto bound = operations.bind(generation_of(config, 1));
  ASSERT_FALSE(bound);
  EXPECT_TRUE(bound.error().detail.starts_with("192.0.2.1:9090: ")) << bound.error().detail;

  config = files_.config();
  config.listeners[0].address = "192.0.2.1:8443";
  WorkerPool listeners{2, config.limits, shared_};
  EXPECT_FALSE(listeners.bind(generation_of(config, 1)));
}

}  // namespace certbound::app
