#pragma once
// What slow-disk hears from outside while it serves: lines on its standard input, signals, and the end of the process
// that started it.

#include <functional>
#include <string>

namespace slow_disk {

class Watch {
 public:
  Watch();  // before threads are started: the signals that end the program are heard here only
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  // Returns when the program is to end. `answer` is given each line; what it returns is printed.
  void run(const std::function<std::string(const std::string& line)>& answer);

 private:
  int signals_;
  int starter_;  // the process that started us
};

}  // namespace slow_disk
