package ldaptest

import (
	"crypto/tls"
	"net"
	"strconv"

	ber "github.com/go-asn1-ber/asn1-ber"
	goldap "github.com/go-ldap/ldap/v3"
)

func number(n int64) string { return strconv.FormatInt(n, 10) }

func (s *Server) accept() {
	defer s.wg.Done()
	for {
		c, err := s.l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.mu.Unlock()
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			s.serve(c)
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
			_ = c.Close()
		}()
	}
}

// session is one connection.
type session struct {
	s      *Server
	c      net.Conn
	raw    net.Conn
	secure bool
	bound  string
}

func (s *Server) options() Options {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Options
}

func (s *Server) hear(h Heard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, h)
}

func (s *Server) serve(raw net.Conn) {
	x := &session{s: s, c: raw, raw: raw}
	o := s.options()
	if o.Silent {
		x.wait()
		return
	}
	if !o.Plain {
		x.c, x.secure = tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{s.cert}}), true
	}
	for {
		p, err := ber.ReadPacket(x.c)
		if err != nil || len(p.Children) < 2 {
			return
		}
		if !x.answer(p) {
			return
		}
	}
}

// wait holds the connection until the other side ends it.
func (x *session) wait() {
	var b [512]byte
	for {
		if _, err := x.raw.Read(b[:]); err != nil {
			return
		}
	}
}

func (x *session) answer(p *ber.Packet) bool {
	id, _ := p.Children[0].Value.(int64)
	op := p.Children[1]
	var controls []goldap.Control
	if len(p.Children) > 2 {
		for _, one := range p.Children[2].Children {
			if c, err := goldap.DecodeControl(one); err == nil {
				controls = append(controls, c)
			}
		}
	}
	switch op.Tag {
	case goldap.ApplicationBindRequest:
		return x.bind(id, op)
	case goldap.ApplicationSearchRequest:
		return x.search(id, op, controls)
	case goldap.ApplicationModifyRequest:
		return x.modify(id, op)
	case goldap.ApplicationExtendedRequest:
		return x.extended(id, op)
	}
	return false // an unbind, or what is not spoken here
}

func (x *session) send(id int64, op *ber.Packet, controls ...goldap.Control) bool {
	p := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	p.AppendChild(op)
	if len(controls) > 0 {
		all := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
		for _, c := range controls {
			all.AppendChild(c.Encode())
		}
		p.AppendChild(all)
	}
	_, err := x.c.Write(p.Bytes())
	return err == nil
}

func result(tag ber.Tag, code int64, text, referral string) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	p.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	p.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, text, ""))
	if referral != "" {
		r := ber.Encode(ber.ClassContext, ber.TypeConstructed, 3, nil, "")
		r.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, referral, ""))
		p.AppendChild(r)
	}
	return p
}

const startTLS = "1.3.6.1.4.1.1466.20037"

func (x *session) extended(id int64, op *ber.Packet) bool {
	name := op.Children[0].Data.String()
	if name != startTLS {
		return x.passwordModify(id, op)
	}
	x.s.hear(Heard{Op: "starttls", Secure: x.secure})
	if x.s.options().RefuseTLS || x.secure {
		return x.send(id, result(goldap.ApplicationExtendedResponse, goldap.LDAPResultUnavailable, "no TLS here", ""))
	}
	if !x.send(id, result(goldap.ApplicationExtendedResponse, 0, "", "")) {
		return false
	}
	x.c, x.secure = tls.Server(x.raw, &tls.Config{Certificates: []tls.Certificate{x.s.cert}}), true
	return true
}
