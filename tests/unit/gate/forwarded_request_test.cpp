#include "gate/forwarded_request.hpp"

#include "gate/forwarded_header.hpp"
#include "unit/gate/proxy_request.hpp"

namespace certbound::gate {

namespace {

ForwardedRequest read_with(std::vector<http::Header> headers) {
  Options options;
  options.url = "https://api.example.com";
  options.method_header = kMethodHeader;
  options.uri_header = kUriHeader;
  return read_forwarded_request(test::make_request(std::move(headers)), options);
}

const http::Header kMethod{"x-original-method", "GET"};
const http::Header kUri{"x-original-uri", "/orders/1?a=b"};

}  // namespace

TEST(ReadForwardedRequest, PutsThePathBehindTheOrigin) {
  const auto request = read_with({kMethod, kUri});
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "https://api.example.com/orders/1?a=b");
  EXPECT_EQ(request.problem, "");
  EXPECT_EQ(read_with({kMethod, {"x-original-uri", "//other.example.com/"}}).url,
            "https://api.example.com//other.example.com/");
}

// What a client could have sent beside the proxy's own, and what it left out.
TEST(ReadForwardedRequest, WantsEachHeaderOnce) {
  const auto problem = [](std::vector<http::Header> headers) {
    const auto request = read_with(std::move(headers));
    EXPECT_EQ(request.method + request.url, "");
    return request.problem;
  };
  EXPECT_EQ(problem({kMethod}), "x-original-uri: missing; the proxy has to set it");
  EXPECT_EQ(problem({kUri}), "x-original-method: missing; the proxy has to set it");
  EXPECT_EQ(problem({kMethod, {"x-original-uri", ""}}), "x-original-uri: missing; the proxy has to set it");
  EXPECT_EQ(problem({kMethod, kUri, kUri}), "x-original-uri: stands twice");
  EXPECT_EQ(problem({kMethod, kMethod, kUri}), "x-original-method: stands twice");
  EXPECT_EQ(problem({kMethod, kUri, {"x_original_uri", "/"}}), "x-original-uri: another spelling of it is there");
}

// Right behind the origin it would become another host.
TEST(ReadForwardedRequest, WantsAPath) {
  for (const auto* uri :
       {".other.example.com/", "@other.example.com/", ":8443/", "*", "https://api.example.com/orders"}) {
    const auto request = read_with({kMethod, {"x-original-uri", uri}});
    EXPECT_EQ(request.problem, "x-original-uri: does not begin with a slash") << uri;
    EXPECT_EQ(request.url, "") << uri;
  }
}

TEST(FindForwarded, TellsAbsenceFromAFault) {
  const auto request = test::make_request({{"a-b", "1"}, {"c-d", "2"}, {"c_d", "3"}, {"e", "4"}, {"e", "5"}});
  EXPECT_EQ(**find_forwarded(request, "a-b"), "1");
  EXPECT_EQ(*find_forwarded(request, "a"), std::nullopt);
  EXPECT_FALSE(find_forwarded(request, "c-d"));
  EXPECT_FALSE(find_forwarded(request, "e"));
}

}  // namespace certbound::gate
