"""The built-in agent: a real program that speaks like Claude Code and does what its prompt says.

It costs nothing, asks nobody and decides nothing: `wta spawn NAME --agent scripted` shows a fleet
at work, `wta demo` and the tests are played with it. Behind a line that is exactly `scenario:`
each line of the prompt is a step:

    say "text"                      think "text"
    write PATH <<END                a file, up to the line END; its folders are made
    append PATH <<END
    replace PATH "old" "new"        the text must be there
    delete PATH
    run COMMAND                     by the shell, in the worktree
    commit "message"                everything in the worktree
    wait SECONDS                    a tool call stays open that long
    listen SECONDS                  until a message comes, at most that long
    ask TOOL "text"                 a permission question; waits for its answer
    choose JSON                     wants a choice: the list of questions as Claude Code asks them
    stubborn                        from now on it does not commit when it is asked to
    fail KIND [SECONDS]             authentication, billing, rate_limit (ends in SECONDS),
                                    overloaded, server, prompt_too_long, max_turns, budget
    crash                           kills itself
    exit N                          ends at once, without a result
    no-result                       ends at once with status 0
    hang                            says and hears nothing any more
    ignore-term                     SIGTERM does nothing from now on
    leave-child SECONDS             starts a process in a session of its own and leaves it
    flood N                         says N lines
    garbage                         writes a line that is not JSON and one of an unknown kind

Texts are JSON strings. A prompt without a scenario is answered in words and nothing is changed;
asked in the words of `prompts/commit.md` it commits what is there. A message in the middle of a
turn is taken between two steps, its scenario follows the steps that are left.

What is left of a conversation is kept in `$WTA_SCRIPTED_HOME` (by default beside the state
folders), so that a resumed session goes on where the last one ended. The step that was running is
not done again: like Claude Code, it cannot know how far that came.
"""
