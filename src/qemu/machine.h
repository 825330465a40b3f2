#pragma once
// QemuMachine is one machine of the host: its definition, and the QEMU it runs in when it runs. Everything here lives
// on the machine's strand, but for the bytes of save, restore and console, which stay on the executor of the caller.
//
//   auto machine = std::make_shared<QemuMachine>(household, uuid, name);
//   co_await machine->define(spec);                     // or create, restore, take_over
//   co_await machine->start({});
//
// The parts: machine.cpp the definition, life.cpp from start to end, control.cpp what a running guest can be told and
// tells, save.cpp, restore.cpp, console.cpp, take_over.cpp.

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "driver/container_sink.h"
#include "driver/container_source.h"
#include "driver/host.h"
#include "io/alarm.h"
#include "model/domain_xml.h"
#include "model/job.h"
#include "model/lifecycle.h"
#include "qemu/guest.h"
#include "qemu/household.h"
#include "qemu/machine_directory.h"

namespace sluice::qemu {

class StateSource;

class QemuMachine final : public driver::Machine, public std::enable_shared_from_this<QemuMachine> {
 public:
  template <class T = void>
  using Task = io::Task<T>;

  QemuMachine(std::shared_ptr<Household> household, Uuid uuid, std::string name);

  Uuid uuid() const override { return uuid_; }
  Task<driver::MachineRef> ref() override;
  Task<driver::MachineInfo> info() override;
  Task<std::string> xml(driver::XmlOptions options) override;
  Task<bool> persistent() override;
  Task<bool> autostart() override;
  Task<> set_autostart(bool on) override;
  Task<> start(driver::StartOptions options) override;
  Task<> shutdown(driver::ShutdownOptions options) override;
  Task<> reset() override;
  Task<> destroy(driver::DestroyOptions options) override;
  Task<> pause() override;
  Task<> resume() override;
  Task<> undefine() override;
  Task<> save(io::Sink& to, driver::SaveOptions options, driver::Job& job) override;
  Task<> console(io::Source& keys, io::Sink& screen, driver::ConsoleOptions options) override;
  Task<std::optional<driver::ActiveJob>> job() override;
  Task<> abort_job() override;

  // For the host.
  const std::string& name() const { return name_; }
  std::int32_t id() const { return id_; }           // from any thread; -1: not running
  void load(const driver::Definition& definition);  // before anybody else knows the machine
  Task<> take_over(driver::RunningNote note);       // the QEMU an earlier daemon left, if it is still there
  Task<> define(model::DomainSpec spec);
  Task<> create(model::DomainSpec spec, driver::StartOptions options);
  Task<> restore(model::DomainSpec spec, driver::ContainerSource& from, bool running, driver::Job& job);
  Task<> forget_if_nothing();  // neither defined nor running: it is taken off the host's list

 private:
  struct UnderWay {
    driver::Job* job;
    std::shared_ptr<io::Alarm> alarm;
  };
  struct Saving {            // how far a save has come, for taking it back
    bool begun = false;      // the machine is being saved, the note says so
    bool migrating = false;  // QEMU was told to send
    bool was_running = false;
    bool confirmed = false;  // the reader has it all and said so
    std::shared_ptr<Guest> guest;
  };

  template <class Make>
  auto here(Make make) {
    return io::on(strand_, std::move(make));
  }
  std::string quoted() const { return "machine '" + name_ + "'"; }
  [[noreturn]] void refuse(const std::string& why) const;
  void refuse_if_closed() const;
  void require(model::Step step) const;  // it is allowed now, or the Failure that says what the machine is doing
  std::shared_ptr<Guest> guest_for(model::Step step) const;
  bool take(model::Step step);  // and tells; false: it is not a step from here
  MachineDirectory directory() const { return {household_->options.state_directory, uuid_}; }
  void tell(model::Happening happening) const;
  driver::MachineRef reference() const { return {.name = name_, .uuid = uuid_, .id = id_}; }
  GuestSurroundings guest_surroundings() const;

  // machine.cpp
  Task<> define_here(model::DomainSpec spec);
  Task<> undefine_here();
  Task<> set_autostart_here(bool on);
  std::string xml_here(driver::XmlOptions options) const;
  driver::MachineInfo info_here() const;

  // life.cpp
  Task<> boot(model::DomainSpec spec, driver::StartOptions options);
  Task<> launch(model::DomainSpec spec, bool incoming);
  Task<> set_up(Guest& guest, bool incoming);
  Task<> learn_facts(Guest& guest);
  Task<> settle(model::Step step, bool run);         // a launched guest becomes a running or paused machine
  Task<Error> abandon(model::Step step, Error why);  // a guest that shall not be
  Task<> hire(std::shared_ptr<Guest> guest);         // the attendant
  Task<> attend(std::shared_ptr<Guest> guest);
  Task<> ended(std::shared_ptr<Guest> guest);
  Task<> gone(std::shared_ptr<Guest> guest);  // waits until `ended` is through
  Task<> clear_away();                        // what belonged to a QEMU that is over
  Task<> note(std::string job, bool was_running);
  Task<> destroy_here(driver::DestroyOptions options);

  // control.cpp
  Task<> pause_here();
  Task<> resume_here();
  Task<> shutdown_here(driver::ShutdownOptions options);
  Task<> reset_here();
  void happened(const qmp::Notified& event);
  void powered_off();
  void panicked();
  void restart_guest();
  Task<> react();

  // save.cpp
  Task<> begin_save(driver::SaveOptions options, UnderWay job, Saving& saving, driver::ContainerOptions& container,
                    io::Fd& socket);
  Task<> state_complete();
  Task<> give_up(std::shared_ptr<Guest> guest);
  io::Task<> forget_job();
  Task<Error> take_back(Saving saving, Error why);
  Task<> cancel_migration(Guest& guest);
  Task<> watch_progress(driver::Job& job, const StateSource& state);

  // restore.cpp
  Task<> begin_restore(const model::DomainSpec& spec, io::Fd& socket);
  Task<> finish_restore(bool running);
  Task<Error> stop_restore(Error why, bool source_failed);

  void begin_job(UnderWay job);
  void end_job();

  // console.cpp
  struct Line;
  struct Session;
  Line line(const std::string& wanted) const;
  Task<> open_console(driver::ConsoleOptions options, std::shared_ptr<io::Alarm> alarm, Session& session);
  void close_console(const std::string& label, const std::shared_ptr<io::Alarm>& alarm);

  // take_over.cpp
  Task<> take_over_here(driver::RunningNote note);
  Task<> resume_after_restart(Guest& guest, driver::RunningNote left);

  const std::shared_ptr<Household> household_;
  const Uuid uuid_;
  const std::string name_;
  const io::Executor strand_;
  const io::Logger log_;

  std::optional<model::DomainSpec> defined_;
  bool autostart_ = false;
  std::optional<model::DomainSpec> live_;  // what guest_ runs with
  model::LiveFacts facts_;
  std::shared_ptr<Guest> guest_;
  std::atomic<std::int32_t> id_{-1};
  model::Life life_;
  model::Step ending_ = model::Step::died;  // what the end of QEMU will mean
  bool reboot_wanted_ = false;              // the guest's next power-off is a reboot
  bool restarting_ = false;                 // what QEMU stops and continues meanwhile is no news
  bool disk_failed_ = false;                // the next stop is QEMU's own
  std::optional<UnderWay> under_way_;
  model::JobSlot slot_;
  std::map<std::string, std::shared_ptr<io::Alarm>> consoles_;  // open, by label
  std::deque<std::function<Task<>()>> reactions_;
  Condition changed_;
};

}  // namespace sluice::qemu
