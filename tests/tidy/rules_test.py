#!/usr/bin/env python3
"""The rules on small trees made up here: each must find what it is for, and nothing else."""
import unittest

import layers
import parsers
import words
from tree import File, Tree


def findings(rule, **files):
    """files: path with / written as __ and . as _DOT_, so that a call reads as a listing."""
    tree = Tree([File(path.replace("__", "/").replace("_DOT_", "."), text) for path, text in files.items()])
    return [str(finding) for finding in rule(tree)]


class Layers(unittest.TestCase):
    def test_a_room_may_include_what_stands_below_it(self):
        self.assertEqual([], findings(layers.layers, src__session__a_DOT_h='#include "base/bytes.h"\n#include "wire/frame.h"'))

    def test_an_include_that_points_up_is_found_with_its_line(self):
        self.assertEqual(["src/wire/a.h:2: room wire may not include room session (session/session.h)"],
                         findings(layers.layers, src__wire__a_DOT_h='\n#include "session/session.h"'))

    def test_only_the_daemons_main_knows_qemu(self):
        self.assertEqual([], findings(layers.layers, src__daemon__main_DOT_cpp='#include "qemu/host.h"'))
        self.assertEqual(1, len(findings(layers.layers, src__daemon__state_DOT_cpp='#include "qemu/host.h"')))

    def test_cli_sees_the_public_api_alone(self):
        self.assertEqual([], findings(layers.layers, src__cli__a_DOT_cpp='#include "sluice/host.h"\n#include <CLI/CLI.hpp>'))
        self.assertEqual(1, len(findings(layers.layers, src__cli__a_DOT_cpp='#include "base/bytes.h"')))

    def test_a_third_party_stays_where_it_was_named(self):
        self.assertEqual([], findings(layers.layers, src__model__a_DOT_cpp="#include <pugixml.hpp>"))
        self.assertEqual(1, len(findings(layers.layers, src__daemon__a_DOT_cpp="#include <pugixml.hpp>")))
        self.assertEqual(1, len(findings(layers.layers, src__base__a_DOT_cpp="#include <gtest/gtest.h>")))
        self.assertEqual([], findings(layers.layers, src__base__a_test_DOT_cpp="#include <gtest/gtest.h>"))

    def test_a_pure_room_names_neither_asio_nor_the_clock(self):
        for text in ("#include <boost/asio.hpp>", "asio::io_context c;", "std::thread t;",
                     "auto t = std::chrono::steady_clock::now();", "co_await x;"):
            self.assertEqual(1, len(findings(layers.pure, src__wire__a_DOT_cpp=text)), text)
        self.assertEqual([], findings(layers.pure, src__wire__a_DOT_cpp="// Without asio. \nint basio;"))
        self.assertEqual([], findings(layers.pure, src__io__a_DOT_cpp="std::thread t;"))

    def test_only_one_public_header_names_boost(self):
        self.assertEqual([], findings(layers.public, include__sluice__asio_DOT_h="#include <boost/asio.hpp>\nboost::x y;"))
        self.assertEqual(2, len(findings(layers.public, include__sluice__a_DOT_h="#include <boost/asio.hpp>\nboost::x y;")))
        self.assertEqual(1, len(findings(layers.public, include__sluice__a_DOT_h='#include "io/task.h"')))
        self.assertEqual([], findings(layers.public, include__sluice__a_DOT_h='#include "base/bytes.h"'))

    def test_an_example_is_short_and_sees_the_public_api(self):
        self.assertEqual(1, len(findings(layers.examples, examples__a_DOT_cpp="\n" * 100)))
        self.assertEqual(1, len(findings(layers.examples, examples__a_DOT_cpp='#include "link/link.h"')))


class Words(unittest.TestCase):
    def test_a_long_file_is_found(self):
        self.assertEqual([], findings(words.short, src__base__a_DOT_h="x\n" * 500))
        self.assertEqual(1, len(findings(words.short, src__base__a_DOT_h="x\n" * 501)))

    def test_a_drawer_is_found_in_names(self):
        self.assertEqual(1, len(findings(words.names, src__base__string_util_DOT_h="")))
        self.assertEqual(1, len(findings(words.names, tests__common__a_DOT_h="")))
        self.assertEqual([], findings(words.names, src__base__commonwealth_DOT_h=""))

    def test_macros_promises_and_idle_tests_are_found(self):
        self.assertEqual(1, len(findings(words.words, src__base__a_DOT_h="#define A")))
        self.assertEqual(1, len(findings(words.words, src__base__a_DOT_h="// TO" + "DO: later")))
        self.assertEqual(1, len(findings(words.words, src__base__a_test_DOT_cpp="TEST(A, DISABLED_B) {}")))
        self.assertEqual(1, len(findings(words.words, src__base__a_test_DOT_cpp="std::this_thread::sleep_for(1s);")))
        self.assertEqual([], findings(words.words, src__base__a_DOT_cpp='auto s = "#define A";'))

    def test_a_header_needs_its_guard(self):
        self.assertEqual(1, len(findings(words.headers_guarded, src__base__a_DOT_h="int a;")))


class Parsers(unittest.TestCase):
    parser = "#pragma once\nResult<> feed(Bytes bytes);"

    def test_a_parser_without_fuzz_target_is_found(self):
        self.assertEqual(1, len(findings(parsers.fuzzed, src__wire__a_DOT_h=self.parser)))
        self.assertEqual([], findings(parsers.fuzzed, src__wire__a_DOT_h=self.parser, src__wire__a_fuzz_DOT_cpp='#include "wire/a.h"'))

    def test_a_parser_behind_a_fuzzed_one_is_fuzzed(self):
        self.assertEqual([], findings(parsers.fuzzed, src__wire__inner_DOT_h=self.parser, src__wire__a_DOT_h=self.parser,
                                      src__wire__a_DOT_cpp='#include "wire/a.h"\n#include "wire/inner.h"',
                                      src__wire__a_fuzz_DOT_cpp='#include "wire/a.h"'))

    def test_a_parsing_room_without_any_is_found(self):
        self.assertEqual(1, len(findings(parsers.fuzzed, src__qmp__a_DOT_cpp="")))

    def test_a_table_without_drawing_is_found(self):
        table = '#include "base/state_table.h"'
        self.assertEqual(1, len(findings(parsers.drawn, src__session__a_DOT_h=table)))
        self.assertEqual([], findings(parsers.drawn, src__session__a_DOT_h=table,
                                      tests__states__main_DOT_cpp='#include "session/a.h"'))
        self.assertEqual(1, len(findings(parsers.drawn, src__session__a_DOT_cpp=table)))


if __name__ == "__main__":
    unittest.main()
