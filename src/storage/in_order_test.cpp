#include "storage/in_order.h"

#include <gtest/gtest.h>

#include <latch>
#include <semaphore>
#include <string>
#include <thread>

namespace sluice::storage {
namespace {

TEST(InOrder, WhatHangsIsOverBeforeItIsTakenBackAndNothingComesLater) {
  InOrder order;
  std::string done;
  std::latch begun(1);
  std::binary_semaphore answer(0);
  std::thread hanging([&] {
    order.work([&] {
      begun.count_down();
      answer.acquire();
      done += "work ";
    });
  });
  begun.wait();
  std::thread undoing([&] { order.take_back([&] { done += "undo "; }); });
  answer.release();
  hanging.join();
  undoing.join();
  order.work([&] { done += "late "; });
  EXPECT_EQ(done, "work undo ");
}

}  // namespace
}  // namespace sluice::storage
