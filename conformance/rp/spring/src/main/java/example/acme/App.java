package example.acme;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.annotation.RegisteredOAuth2AuthorizedClient;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** An application that people sign in to, and an API, as Spring's documentation shows them. ../spring_test.go gives the settings. */
@SpringBootApplication
@RestController
public class App {
    public static void main(String[] args) {
        SpringApplication.run(App.class, args);
    }

    /** What the ID token and UserInfo say. */
    @GetMapping("/me")
    Map<String, Object> me(@AuthenticationPrincipal OidcUser user) {
        return user.getClaims();
    }

    /** An access token that is good now: Spring renews it when it is about to expire. */
    @GetMapping("/token")
    Map<String, Object> token(@RegisteredOAuth2AuthorizedClient OAuth2AuthorizedClient client) {
        return Map.of("access_token", client.getAccessToken().getTokenValue());
    }

    @GetMapping("/bye")
    String bye() {
        return "good bye";
    }

    @GetMapping({"/jwt/orders", "/opaque/orders"})
    Map<String, Object> orders(Authentication who) {
        return Map.of("name", who.getName(), "authorities", who.getAuthorities().stream().map(Object::toString).toList());
    }
}
