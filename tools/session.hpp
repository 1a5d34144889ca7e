// One run of the tool: which command was asked for, and where its answers go.
#pragma once

#include "exit_code.hpp"
#include "output.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace larder::tools {

class Session {
  public:
    explicit Session(int out_descriptor) : out_(out_descriptor) {}

    /// What to do when `command` is the one that was asked for. Called after the command line has been read whole.
    void on(CLI::App& command, std::function<ExitCode()> action);
    ExitCode run() const { return action_(); }

    Output& out() noexcept { return out_; }
    /// --json was given: one document on stdout, errors as documents on stderr.
    bool json() const noexcept { return json_; }
    void set_json(bool json) noexcept { json_ = json; }
    /// The name of the command, empty before it is known.
    const std::string& command() const noexcept { return command_; }
    void set_command(const std::string& command) { command_ = command; }

    /// One line on stderr: "larder: get: MESSAGE", or {"error": ...} under --json.
    void complain(ExitCode exit, const std::string& name, const std::string& message) const;
    /// As complain(), for what does not end the command; says nothing under --json.
    void remark(const std::string& message) const;

  private:
    Output out_;
    bool json_ = false;
    std::string command_;
    std::function<ExitCode()> action_;
};

}  // namespace larder::tools
