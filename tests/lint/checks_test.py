#!/usr/bin/env python3
"""A check that cannot fail is no check: each one sees what it is for, and leaves alone what is right."""

import os
import sys
import tempfile
import unittest

import check_coroutines
import check_folders
import check_listed
import check_secrets
import check_self_contained
import check_sizes
import check_text
import check_unity
import scopes
import sources

TABLE = {"base": set(), "fetch": {"base"}, "http": {"base"}, "net": {"http", "base"}, "oauth": {"http", "base"}, "cli": {"net", "http", "base"}}


class Sources(unittest.TestCase):
    def test_comments_and_literals_are_blanked_and_lines_stay(self):
        text = 'int a; // {\n/* {\n{ */ auto b = "{ \\" {"; char c = \'{\'; auto d = R"x({ )" {)x"; int e = 1\'000;\n'
        stripped = sources.strip(text)
        self.assertNotIn("{", stripped)
        self.assertEqual(len(stripped), len(text))
        self.assertEqual(stripped.count("\n"), text.count("\n"))
        self.assertIn("1'000", stripped)

    def test_functions_are_told_from_types_namespaces_and_initialisers(self):
        text = sources.strip(
            "namespace a {\nnamespace {\nconstexpr int kTable[] = {1, 2};\nstruct B { int x = 0; int f() const { return x; } };\n"
            "}\nC::C(int v) : x_{v}, y_(v) { use(v); }\nauto g(int i) -> int { return i; }\n"
            "template <class T> Result<T> h(T t) noexcept { return t; }\nenum class E : char { a };\n}\n"
        )
        found = [(scope.kind, scopes.function_name(scope)) for scope in scopes.parse(text) if scope.kind == "function"]
        self.assertEqual([name for _, name in found], ["f", "C::C", "g", "h"])


class Folders(unittest.TestCase):
    def problems(self, path, text):
        return check_folders.check_file(path, text, TABLE)

    def test_the_table_is_read_from_cmake(self):
        table = check_folders.permitted_uses(sources.read("cmake/folder.cmake"))
        self.assertEqual(table["base"], set())
        self.assertEqual(table["crypto"], {"base"})
        self.assertIn("http", table["net"])
        self.assertNotIn("oauth", table["net"])

    def test_an_upward_arrow_is_refused(self):
        self.assertTrue(self.problems("base/a.hpp", '#include "http/form.hpp"\n'))
        self.assertTrue(self.problems("net/a.cpp", '#  include "oauth/service.hpp"\n'))
        self.assertTrue(self.problems("main.cpp", '#include "net/worker.hpp"\n'))

    def test_a_public_header_includes_the_standard_library_alone(self):
        for include in ("<openssl/x509.h>", "<nlohmann/json.hpp>", "<boost/assert.hpp>", '"base/error.hpp"', "<unistd.h>"):
            self.assertTrue(check_folders.check_public("certbound/a.hpp", f"#include {include}\n"), include)
        self.assertEqual(check_folders.check_public("certbound/a.hpp", '#include <string_view>\n#include "certbound/b.hpp"\n'), [])

    def test_a_downward_arrow_is_permitted(self):
        self.assertEqual(self.problems("net/a.cpp", '#include "net/a.hpp"\n#include "http/form.hpp"\n#include <vector>\n'), [])
        self.assertEqual(self.problems("main.cpp", '#include "cli/run.hpp"\n'), [])
        self.assertEqual(self.problems("base/a.hpp", '// #include "http/form.hpp"\n'), [])

    def test_a_relative_or_unknown_include_is_refused(self):
        self.assertTrue(self.problems("net/a.cpp", '#include "a.hpp"\n'))
        self.assertTrue(self.problems("net/a.cpp", '#include "../http/form.hpp"\n'))
        self.assertTrue(self.problems("net/a.cpp", '#include "elsewhere/form.hpp"\n'))
        self.assertTrue(self.problems("elsewhere/a.cpp", "#include <vector>\n"))

    def test_third_party_types_stop_at_their_folder(self):
        refused = {
            "net/worker.cpp": ["boost/beast/http.hpp", "boost/asio/ssl.hpp", "sqlite3.h", "prometheus/counter.h"],
            "fetch/client.cpp": ["boost/beast/http.hpp", "boost/asio/ssl.hpp", "openssl/ssl.h"],
            "fetch/exchange.cpp": ["boost/beast/http.hpp", "openssl/ssl.h"],
            "oauth/service.cpp": ["boost/asio/post.hpp", "openssl/evp.h", "spdlog/spdlog.h", "yaml.h", "CLI/CLI.hpp"],
            "http/form.hpp": ["nlohmann/json.hpp"],
        }
        for path, includes in refused.items():
            for include in includes:
                self.assertTrue(self.problems(path, f"#include <{include}>\n"), (path, include))
        permitted = {
            "net/session.cpp": ["boost/beast/http.hpp", "boost/asio/ssl.hpp", "boost/asio/post.hpp", "openssl/ssl.h"],
            "fetch/response_parser.cpp": ["boost/beast/http/parser.hpp"],
            "fetch/exchange.cpp": ["boost/asio/ssl/stream.hpp", "boost/asio/write.hpp"],
            "fetch/tls_client.cpp": ["openssl/ssl.h"],
            "http/form.cpp": ["nlohmann/json.hpp"],
            "http/form.hpp": ["nlohmann/json_fwd.hpp", "string"],
            "base/log.cpp": ["spdlog/spdlog.h"],
        }
        for path, includes in permitted.items():
            for include in includes:
                self.assertEqual(self.problems(path, f"#include <{include}>\n"), [], (path, include))


class Coroutines(unittest.TestCase):
    BAD = {
        "lambda awaited": "Task<int> f() { co_return co_await [] () -> Task<int> { co_return 1; }(); }",
        "capture in an argument": "Task<void> f() { co_await run([x] (int i) { return x + i; }); }",
        "capture by reference": "Task<void> f() { const auto a = co_await g(1, [&] { return 2; }); }",
        "braces in an argument": "Task<void> f() { auto a = co_await g({1, 2}); }",
        "a braced temporary": "Task<void> f() { co_await g(Query{now}); }",
        "braces before the co_await": "Task<void> f() { use(Query{now}, co_await g()); }",
        "braces around the co_await": "Task<Pair> f() { co_return Pair{co_await g(), 1}; }",
        "braces in a condition": "Task<void> f() { if (auto a = co_await g(Query{1}); a) { h(); } }",
        "braces after the co_await": "Task<void> f() { auto a = (co_await g()).value_or(Query{}); }",
        "capturing coroutine": "void f() { spawn([socket] () -> Task<void> { co_await socket.wait(); }); }",
        "capturing coroutine by type": "auto f = [this] (int i) -> boost::asio::awaitable<void> { return g(i); };",
        "capturing coroutine without parameters": "auto f = [this] { co_return; };",
        "detached": "void f() { co_spawn(e, g(), boost::asio::detached); }",
    }
    GOOD = {
        "plain": "Task<int> f() { auto a = co_await g(x); if (!a) co_return 1; co_return *a; }",
        "condition with a block": "Task<void> f() { if (co_await g(x)) { h(); } else { i(); } }",
        "loop with a block": "Task<void> f() { while (!(co_await g(a[1])).done) { h(); } for (;;) { co_await i(); } }",
        "named on the line before": "Task<void> f() { const Query query{now}; const auto op = [x] { return x; }; co_await g(query, op); }",
        "lambda without captures": "Task<void> f() { const auto op = [](int i) { return i; }; co_await g(op); }",
        "after a braced statement": "Task<void> f() { Query q{1}; co_await g(q); } struct S { int a{1}; };",
        "trailing return type": "auto f() -> Task<int> { co_return co_await g(); }",
        "in a comment": "// co_await g({1}), detached\nint a;",
        "subscript and attribute": "[[nodiscard]] Task<int> f(int* a) { co_return co_await g(a[0]); }",
        "inside try": "Task<void> f() { try { co_await g(); } catch (const E& e) { log(e); } }",
        "inside a switch": "Task<void> f() { switch (a) { case A::b: co_await g(); break; default: { co_await h(); } } }",
    }

    def test_it_sees_what_the_compiler_gets_wrong(self):
        for name, text in self.BAD.items():
            self.assertTrue(check_coroutines.check_text("a.cpp", text), name)

    def test_it_leaves_alone_what_is_right(self):
        for name, text in self.GOOD.items():
            self.assertEqual(check_coroutines.check_text("a.cpp", text), [], name)


class Sizes(unittest.TestCase):
    def test_a_long_file_and_a_long_function_are_named(self):
        self.assertTrue(check_sizes.check_text("a.cpp", "\n" * 401))
        body = "".join(f"  use({i});\n" for i in range(59))
        found = check_sizes.check_text("a.cpp", f"namespace a {{\nint C::f(int x) const {{\n{body}}}\n}}\n")
        self.assertEqual(found, ["a.cpp:2: C::f has 61 lines; at most 60"])

    def test_the_bounds_themselves_are_permitted(self):
        body = "".join(f"  use({i});\n" for i in range(58))
        self.assertEqual(check_sizes.check_text("a.cpp", f"int f() {{\n{body}}}\n" + "\n" * 340), [])

    def test_a_long_class_is_no_long_function(self):
        members = "".join(f"  int f{i}();\n" for i in range(100))
        self.assertEqual(check_sizes.check_text("a.hpp", f"class A : public B<int> {{\n{members}}};\n"), [])


class Secrets(unittest.TestCase):
    def test_an_identifier_that_smells_of_a_secret_is_refused(self):
        for argument in ("access_token", "client.secret", "options.private_key", "assertion.view()", "request.header.authorization"):
            text = f'void f() {{ log::info("event", {{{{"field", {argument}}}}}); }}'
            self.assertTrue(check_secrets.check_text("a.cpp", text), argument)

    def test_the_mark_and_harmless_names_pass(self):
        self.assertEqual(check_secrets.check_text("a.cpp", 'log::info("e", {{"a", token_count}});  // lint: ok, a number\n'), [])
        self.assertEqual(check_secrets.check_text("a.cpp", 'log::info("token_issued", {{"jti", jti}, {"t", token_type}});\n'), [])
        self.assertEqual(check_secrets.check_text("a.cpp", 'send(token); log::info("e", {}); keep(secret);\n'), [])


class Text(unittest.TestCase):
    def test_it_sees_unfinished_work_paths_tabs_and_carriage_returns(self):
        for line in ("// TO" + "DO: later", "# FIX" + "ME", "path = /wo" + "rk/main/x", "see /ro" + "ot/x", "a\tb", "a\r"):
            self.assertTrue(check_text.check_text("a", f"fine\n{line}\n"), line)

    def test_it_leaves_alone_what_is_right(self):
        self.assertEqual(check_text.check_text("a", "network/a work/b /root-ca/x example.com/home/x TODOS\n"), [])


class Trees(unittest.TestCase):
    """The checks that look at several files."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def write(self, path, text):
        os.makedirs(os.path.dirname(os.path.join(self.root, path)), exist_ok=True)
        with open(os.path.join(self.root, path), "w", encoding="utf-8") as file:
            file.write(text)

    def test_a_source_in_no_list_and_a_listed_one_that_is_not_there(self):
        self.write("src/base/CMakeLists.txt", "certbound_folder(base\n  SOURCES a.cpp sub/b.cpp gone.cpp\n  # c.cpp\n)\nconfigure_file(d.cpp.in ${CMAKE_CURRENT_BINARY_DIR}/d.cpp)\n")
        for name in ("a", "sub/b", "c"):
            self.write(f"src/base/{name}.cpp", "int a;\n")
        self.write("tests/unit/base/d_test.cpp", "int a;\n")
        problems = check_listed.check(self.root)
        self.assertEqual(
            sorted(problem.split(": ")[0] for problem in problems),
            ["src/base/CMakeLists.txt:1", "src/base/c.cpp:1", "tests/unit/base/d_test.cpp:1"],
        )

    def test_names_that_clash_in_a_unity_build(self):
        first = "namespace a {\nnamespace {\nconstexpr int kSize = 1;\nint f(int x) { return x; }\nstruct S { int a; };\n}\n}\n"
        self.write("src/net/a.cpp", first)
        self.write("src/net/b.cpp", first)
        found = " ".join(check_unity.check(self.root))
        for name in ("a::kSize", "a::f", "a::S"):
            self.assertIn(name + " ", found)
        self.write("src/net/CMakeLists.txt", "certbound_folder(net\n  SOURCES a.cpp b.cpp\n  ALONE b.cpp)\n")
        self.assertEqual(check_unity.check(self.root), [])

    def test_names_in_other_folders_namespaces_or_functions_do_not_clash(self):
        text = "namespace %s {\nnamespace {\nint f() { const int kOne = 1; return kOne; }\n}\nint kOut = 2;\nvoid g() {}\n}\n"
        self.write("src/net/a.cpp", text % "a")
        self.write("src/net/b.cpp", text % "b")
        self.write("src/http/a.cpp", text % "a")
        self.assertEqual(check_unity.check(self.root), [])

    def test_tests_of_one_name_clash_and_others_do_not(self):
        text = "namespace a {\nnamespace {\nTEST(%s, Works) { f(); }\n}\n}\n"
        self.write("tests/unit/net/a_test.cpp", text % "One")
        self.write("tests/unit/net/b_test.cpp", text % "Two")
        self.assertEqual(check_unity.check(self.root), [])
        self.write("tests/unit/net/c_test.cpp", text % "One")
        self.assertEqual(len(check_unity.check(self.root)), 1)

    def test_using_namespace_and_a_macro_left_behind(self):
        self.write("src/net/a.cpp", "using namespace std;\n#define A 1\n#define B 2\n#undef B\n")
        self.assertEqual(len(check_unity.check(self.root)), 2)
        self.write("src/net/a.cpp", "void f() { using namespace std::chrono_literals; }\n")
        self.assertEqual(check_unity.check(self.root), [])

    def test_a_header_that_needs_another_before_it(self):
        self.write("bad.hpp", "#pragma once\ninline std::string f() { return {}; }\n")
        self.write("good.hpp", "#pragma once\n#include <string>\ninline std::string f() { return {}; }\n")
        flags = [f"-I{self.root}", "-std=c++20"]
        self.assertTrue(check_self_contained.compile_alone("c++", flags, "bad.hpp"))
        self.assertEqual(check_self_contained.compile_alone("c++", flags, "good.hpp"), [])

    def test_a_header_without_a_guard(self):
        self.assertTrue(check_self_contained.has_guard("// What it is.\n#pragma once\nint a;\n"))
        self.assertFalse(check_self_contained.has_guard("#include <string>\n#pragma once\n"))
        self.assertFalse(check_self_contained.has_guard("int a;\n"))

    def test_what_the_build_proves(self):
        self.write("src/net/a.cpp", '// Words.\n#include "net/a.hpp"\n\n#include <string>\n')
        self.write("src/net/b.cpp", '#include <string>\n\n#include "net/b.hpp"\n')
        self.assertTrue(check_self_contained.is_proven_by_the_build("net/a.hpp", self.root))
        self.assertFalse(check_self_contained.is_proven_by_the_build("net/b.hpp", self.root))
        self.assertFalse(check_self_contained.is_proven_by_the_build("net/c.hpp", self.root))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()
