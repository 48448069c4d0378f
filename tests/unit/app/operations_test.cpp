#include "app/operations.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "unit/store/coroutine_runner.hpp"

namespace certbound::app {

namespace {

class Operations : public testing::Test {
 protected:
  [[nodiscard]] http::Response ask(http::Method method, const std::string& path) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.id = "r-1";
    boost::asio::io_context context{1};
    std::optional<http::Response> response;
    store::start_task(context, handler_.handle(request), response);
    context.run();
    return response.value();
  }
  [[nodiscard]] http::Response ask_for(const std::string& path) { return ask(http::Method::get, path); }

  metrics::Registry registry_;
  oauth::Health health_;
  OperationsHandler handler_{registry_, health_};
};

}  // namespace

TEST_F(Operations, ShowsTheMetrics) {
  registry_.counter("certbound_example_total", "An example").increment();
  const http::Response response = ask_for("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(response.body.find("\ncertbound_example_total 1\n"), std::string::npos) << response.body;
  EXPECT_NE(response.body.find("\ncertbound_log_lines_dropped 0\n"), std::string::npos) << response.body;
}

TEST_F(Operations, ShowsTheHealth) {
  EXPECT_EQ(ask_for("/healthz").status, 200);
  EXPECT_EQ(ask_for("/readyz").status, 503);
  health_.set_ready(true);
  EXPECT_EQ(ask_for("/readyz").status, 200);
}

TEST_F(Operations, TakesGetAndHeadOnly) {
  for (const char* path : {"/metrics", "/healthz", "/readyz"}) {
    EXPECT_EQ(ask(http::Method::head, path).status, path == std::string{"/readyz"} ? 503 : 200) << path;
    for (const auto method : {http::Method::post, http::Method::other, http::Method::options}) {
      const http::Response response = ask(method, path);
      EXPECT_EQ(response.status, 405) << path;
      EXPECT_EQ(response.headers.back(), (std::pair<std::string_view, std::string>{"Allow", "GET, HEAD"}));
    }
  }
}

// It is not the listener of the protocol.
TEST_F(Operations, KnowsNothingElse) {
  for (const char* path : {"/", "/oauth2/token", "/oauth2/jwks", "/metrics/"}) {
    EXPECT_EQ(ask_for(path).status, 404) << path;
  }
}

}  // namespace certbound::app
