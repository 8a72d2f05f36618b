package cli

import "github.com/spf13/cobra"

func (c *cli) completion() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	cmd := c.verb("completion bash|zsh|fish|powershell", "Write a completion script for a shell", cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(c.Stdout, true)
			case "zsh":
				return root.GenZshCompletion(c.Stdout)
			case "fish":
				return root.GenFishCompletion(c.Stdout, true)
			}
			return root.GenPowerShellCompletionWithDesc(c.Stdout)
		})
	cmd.ValidArgs = shells
	return cmd
}
