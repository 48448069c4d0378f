#include "base/metrics.hpp"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace certbound::metrics {

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST(Metrics, RendersThePrometheusText) {
  Registry registry;
  registry.counter("tokens_total", "Tokens issued.", {{"grant", "client_credentials"}}).increment();
  registry.counter("tokens_total", "", {{"grant", "client_credentials"}}).increment(2);
  registry.counter("tokens_total", "", {{"grant", "other"}}).increment();
  const Gauge gauge = registry.gauge("connections", "Open connections.");
  gauge.set(5);
  gauge.add(-2);

  const std::string text = registry.render_text();
  EXPECT_TRUE(has_line(text, "# HELP tokens_total Tokens issued.")) << text;
  EXPECT_TRUE(has_line(text, "# TYPE tokens_total counter")) << text;
  EXPECT_TRUE(has_line(text, "tokens_total{grant=\"client_credentials\"} 3")) << text;
  EXPECT_TRUE(has_line(text, "tokens_total{grant=\"other\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "# TYPE connections gauge")) << text;
  EXPECT_TRUE(has_line(text, "connections 3")) << text;
}

TEST(Metrics, CountsDurationsByBucket) {
  Registry registry;
  const Histogram histogram = registry.histogram("request_seconds", "Time.");
  histogram.observe(20e-6);
  histogram.observe(0.9);
  histogram.observe(60);

  const std::string text = registry.render_text();
  EXPECT_TRUE(has_line(text, "# TYPE request_seconds histogram")) << text;
  EXPECT_TRUE(has_line(text, "request_seconds_bucket{le=\"2.5e-05\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "request_seconds_bucket{le=\"0.5\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "request_seconds_bucket{le=\"1\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "request_seconds_bucket{le=\"10\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "request_seconds_bucket{le=\"+Inf\"} 3")) << text;
  EXPECT_TRUE(has_line(text, "request_seconds_count 3")) << text;
}

TEST(Metrics, EscapesLabelValues) {
  Registry registry;
  registry.gauge("expiry", "E.", {{"file", "a\"b\\c\nd"}}).set(1);
  EXPECT_TRUE(has_line(registry.render_text(), R"(expiry{file="a\"b\\c\nd"} 1)")) << registry.render_text();
}

TEST(Metrics, ForgetsTheSeriesOfAGauge) {
  Registry registry;
  registry.gauge("expiry", "E.", {{"file", "old"}}).set(1);
  registry.gauge("other", "O.").set(1);
  registry.clear_gauges("expiry");
  registry.clear_gauges("later");
  registry.gauge("later", "L.").set(1);
  registry.gauge("expiry", "E.", {{"file", "new"}}).set(2);

  const std::string text = registry.render_text();
  EXPECT_EQ(text.find("old"), std::string::npos) << text;
  EXPECT_TRUE(has_line(text, "expiry{file=\"new\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "# HELP expiry E.")) << text;
  EXPECT_TRUE(has_line(text, "other 1")) << text;
  EXPECT_TRUE(has_line(text, "# HELP later L.")) << text;
}

TEST(Metrics, ForgetsOneSeriesOfAGauge) {
  Registry registry;
  const Gauge gone = registry.gauge("age", "A.", {{"name", "gone"}});
  registry.gauge("age", "A.", {{"name", "kept"}}).set(1);
  registry.gauge("other", "O.").set(1);
  registry.remove_gauge("age", gone);

  const std::string text = registry.render_text();
  EXPECT_EQ(text.find("gone"), std::string::npos) << text;
  EXPECT_TRUE(has_line(text, "age{name=\"kept\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "other 1")) << text;
}

TEST(Metrics, IgnoresHandlesOfNothing) {
  Registry registry;
  registry.remove_gauge("never_made", Gauge{});
  Counter{}.increment();
  Gauge{}.set(1);
  Gauge{}.add(1);
  Histogram{}.observe(1);
  EXPECT_EQ(Counter{}.value(), 0);
  EXPECT_EQ(Gauge{}.value(), 0);
}

TEST(Metrics, CountsFromSeveralThreads) {
  Registry registry;
  const Counter counter = registry.counter("n", "N.");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([counter] {
      for (int n = 0; n < 10'000; ++n) counter.increment();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 40'000);
}

}  // namespace certbound::metrics
