package web

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"text/template/parse"
)

// layoutName is the template that every page begins with.
const layoutName = "layout"

// parsePages makes one set of all templates: the shared parts stand in it once, and each page's own, with a copy of the layout that leads to them, under
// the page's name (ofPage). What a page defines takes the place of what the layout or the parts define, in its own file and in the
// layout; a part that another part asks for is the shared one.
func parsePages(files map[string][]byte) (*template.Template, error) {
	set := template.New("pages").Option("missingkey=error")
	for _, name := range []string{layoutName, "parts"} {
		if _, err := set.New(name + ".html").Parse(string(files[name+".html"])); err != nil {
			return nil, fmt.Errorf("web: template %s.html: %w", name, err)
		}
	}
	layout := set.Lookup(layoutName)
	if layout == nil {
		return nil, fmt.Errorf("web: template layout.html defines no %q", layoutName)
	}
	for _, name := range pageNames() {
		if err := addPage(set, layout.Tree, name, files[name+".html"]); err != nil {
			return nil, fmt.Errorf("web: template %s.html: %w", name, err)
		}
	}
	return set, nil
}

// pageNames are those of all pages' files, each once.
func pageNames() []string {
	names := map[string]bool{}
	for _, p := range samples() {
		names[p.spec().template] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// addPage adds what a page's file defines, and its layout.
func addPage(set *template.Template, layout *parse.Tree, page string, text []byte) error {
	file, err := template.New(page + ".html").Parse(string(text))
	if err != nil {
		return err
	}
	own := map[string]*parse.Tree{layoutName: layout.Copy()}
	for _, t := range file.Templates() {
		if t.Tree != nil && t.Name() != file.Name() {
			own[t.Name()] = t.Tree
		}
	}
	for name, tree := range own {
		redirect(tree.Root, page, own)
		if _, err := set.AddParseTree(ofPage(page, name), tree); err != nil {
			return err
		}
	}
	return nil
}

// ofPage is the name of a page's own template in the set.
func ofPage(page, name string) string { return page + "/" + name }

// redirect lets references lead to the page's own templates, where it has one of that name.
func redirect(n parse.Node, page string, own map[string]*parse.Tree) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, each := range n.Nodes {
			redirect(each, page, own)
		}
	case *parse.TemplateNode:
		if own[n.Name] != nil {
			n.Name = ofPage(page, n.Name)
		}
	case *parse.IfNode:
		redirectBranch(&n.BranchNode, page, own)
	case *parse.RangeNode:
		redirectBranch(&n.BranchNode, page, own)
	case *parse.WithNode:
		redirectBranch(&n.BranchNode, page, own)
	}
}

func redirectBranch(n *parse.BranchNode, page string, own map[string]*parse.Tree) {
	redirect(n.List, page, own)
	redirect(n.ElseList, page, own)
}
